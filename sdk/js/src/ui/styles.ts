// One constructed stylesheet for everything we paint: allowed by a strict CSP, invisible to the host's own styles.

const CSS_TEXT = `
:host{all:initial;font-family:inherit;--f:var(--wp-font,inherit);--a:var(--wp-accent,#0b6e5a);--at:var(--wp-accent-text,#fff);
--r:var(--wp-radius,10px);--bg:#fff;--ink:#1d1e1b;--ink2:#55574f;--line:#e4e1da;--strong:#cfcbc2;--sunk:#f1efea;
--sh:0 1px 2px #1d1e1b14,0 8px 28px #1d1e1b24}
:host(.dark){--a:var(--wp-accent,#4fc3a1);--at:var(--wp-accent-text,#0c1f19);--bg:#1d1f1b;--ink:#eceae3;--ink2:#bdbbb1;
--line:#30322c;--strong:#45473f;--sunk:#272923;--sh:0 1px 2px #0006,0 8px 28px #0009}
*{box-sizing:border-box;margin:0;font:inherit;letter-spacing:inherit}
.card{position:fixed;inset:auto;z-index:2147483000;width:min(320px,100vw - 16px);max-width:none;max-height:calc(100vh - 16px);
padding:0;border:1px solid var(--line);border-radius:var(--r);background:var(--bg);color:var(--ink);box-shadow:var(--sh);
font:14px/20px var(--f);text-align:start;overflow:visible;overflow-wrap:break-word;-webkit-font-smoothing:antialiased}
.in{padding:14px 16px;max-height:inherit;overflow:auto;border-radius:inherit}
.tooltip,.banner{animation:in .14s ease-out}
.modal[open]{animation:in .16s ease-out}
@keyframes in{from{opacity:0;transform:translateY(4px)}}
.out{visibility:hidden}
.head{display:flex;gap:8px;align-items:flex-start}
h2{flex:1;min-width:0;font-weight:600;outline-offset:3px}
.x{position:relative;flex:none;width:24px;height:24px;margin:-2px -6px 0 0}
.x::before,.x::after{content:"";position:absolute;left:6px;right:6px;top:50%;border-top:1.5px solid;transform:rotate(45deg)}
.x::after{transform:rotate(-45deg)}
.body{margin-top:4px;color:var(--ink2)}
.body>*+*{margin-top:8px}
.body strong{font-weight:600;color:var(--ink)}
em{font-style:italic}
ul,ol{padding-inline-start:20px}
code{font:12.5px/18px ui-monospace,monospace;padding:1px 4px;border-radius:4px;background:var(--sunk)}
.body a{color:inherit;text-decoration:underline;text-underline-offset:2px}
.body a:hover{color:var(--ink)}
.prog{display:flex;gap:10px;align-items:center;margin-top:10px;color:var(--ink2);font-size:12.5px;line-height:18px;
font-variant-numeric:tabular-nums}
.track{flex:1;height:4px;border-radius:2px;background:var(--line);overflow:hidden}
.bar{height:100%;border-radius:2px;background:var(--a)}
.foot{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin-top:12px}
.b{display:inline-flex;align-items:center;min-height:30px;padding:4px 11px;border:1px solid transparent;border-radius:min(7px,var(--r));
background:none;color:var(--ink);font-weight:500;text-decoration:none;text-align:start;cursor:pointer}
.b:hover{background:var(--sunk)}
.b.pri{background:var(--a);color:var(--at)}
.b.pri:hover{filter:brightness(.93)}
.b.sec{border-color:var(--strong)}
.b.txt{padding:4px 6px;color:var(--ink2);font-weight:400;font-size:12.5px;line-height:18px}
.foot .txt{margin-inline:auto -6px}
.txt[aria-expanded]::after{content:"";width:5px;height:5px;margin:-3px 2px 0;margin-inline-start:6px;border:solid;border-width:0 1.5px 1.5px 0;transform:rotate(45deg)}
.txt[aria-expanded=true]::after{margin-top:3px;transform:rotate(225deg)}
.x{border:0;border-radius:6px;background:none;color:var(--ink2);padding:0;cursor:pointer}
.x:hover{background:var(--sunk);color:var(--ink)}
.more{margin-top:12px;padding-top:10px;border-top:1px solid var(--line);font-size:12.5px;line-height:18px;color:var(--ink2)}
.more[hidden]{display:none}
.opts{display:flex;flex-wrap:wrap;gap:6px}
.opts .b{min-height:28px;padding:3px 9px;font-size:12.5px;line-height:18px}
.why{margin-top:10px}
.why b{display:block;color:var(--ink);font-weight:600}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
.arrow{position:absolute;width:10px;height:10px;background:var(--bg);border:solid var(--line);border-width:1px 0 0 1px;transform:rotate(45deg)}
[data-side=bottom]>.arrow{top:-6px}
[data-side=top]>.arrow{bottom:-6px;transform:rotate(225deg)}
[data-side=right]>.arrow{left:-6px;transform:rotate(315deg)}
[data-side=left]>.arrow{right:-6px;transform:rotate(135deg)}
.banner{inset:auto 16px 16px;width:auto;max-width:920px;margin-inline:auto}
.banner .in{display:grid;grid-template-columns:1fr auto auto;gap:2px 12px;align-items:center;padding:9px 10px 9px 16px}
.banner .head{display:contents}
.banner .text{grid-row:1;display:flex;flex-wrap:wrap;gap:0 8px;min-width:0}
.banner h2{flex:none;max-width:100%}
.banner .body,.banner .foot,.banner .prog{margin-top:0}
.banner .prog{min-width:132px}
.banner .foot{grid-row:1;gap:4px}
.banner .foot .txt{margin-inline:2px 0}
.banner .x{grid-row:1;grid-column:3;margin:0}
.banner .more{grid-column:1/-1;margin:8px 0 2px}
.modal{inset:0;margin:auto;width:min(440px,100vw - 32px);height:fit-content}
.modal .in{padding:20px 22px}
.modal h2{font-size:17px;line-height:24px;letter-spacing:-.008em}
.modal .body{margin-top:8px}
.modal .prog{margin-top:14px}
.modal .foot{margin-top:18px}
.modal::backdrop{background:#1d1e1b66}
.live{position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (pointer:coarse){.b,.opts .b{min-height:44px}.x{width:44px;height:44px;margin:-12px -14px 0 0}
.x::before,.x::after{left:15px;right:15px}.banner .x{margin:0 -8px 0 0}}
@media (max-width:640px){.banner{inset:auto 8px 8px}.banner .in{grid-template-columns:1fr auto;padding:12px 14px}.banner .x{grid-column:2;align-self:start}
.banner .foot{grid-row:2;grid-column:1/-1;margin-top:8px}.banner .text{flex-direction:column}}
@media (prefers-reduced-motion:reduce){.card{animation:none!important}}
@media (forced-colors:active){.card,.b{border-color:CanvasText}.track{outline:1px solid CanvasText}.bar{background:Highlight;forced-color-adjust:none}
.b.pri{border:2px solid Highlight}:focus-visible{outline-color:Highlight}}
`;

let sheet: CSSStyleSheet | null = null;

/** Give `root` our styles. False in a browser without constructable stylesheets: then nothing is painted. */
export function style(root: ShadowRoot): boolean {
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS_TEXT);
    }
    root.adoptedStyleSheets = [sheet];
    return true;
  } catch {
    return false;
  }
}

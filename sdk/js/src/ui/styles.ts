// The constructed stylesheets of everything we paint: allowed by a strict CSP, invisible to the host's own styles.

import { SURFACES_CSS } from './styles-surfaces';

const BASE_CSS = `
:host{all:initial;font-family:inherit;--a:var(--wp-accent,#0b6e5a);--t:var(--wp-accent-text,#fff);
--b:#fff;--i:#1d1e1b;--j:#55574f;--k:#6f7168;--l:#e4e1da;--m:#cfcbc2;--s:#f1efea;--e:#ad2a1f}
:host(.dark){--a:var(--wp-accent,#4fc3a1);--t:var(--wp-accent-text,#0c1f19);--b:#1d1f1b;--i:#eceae3;--j:#bdbbb1;
--k:#97968c;--l:#30322c;--m:#45473f;--s:#272923;--e:#f08a7e}
*{box-sizing:border-box;margin:0;font:inherit}
.card{position:fixed;inset:auto;z-index:2147483000;width:min(320px,100vw - 16px);max-width:none;max-height:calc(100vh - 16px);
padding:0;border:1px solid var(--l);border-radius:var(--wp-radius,10px);background:var(--b);color:var(--i);
box-shadow:0 8px 28px #0003;font-family:var(--wp-font,inherit);font-size:14px;line-height:20px;overflow:visible;overflow-wrap:break-word;
animation:in .14s ease-out}
@keyframes in{from{opacity:0;transform:translateY(4px)}}
.out{visibility:hidden}
.in{padding:14px 16px;max-height:inherit;overflow:auto}
.head,.foot,.opts,.prog,.text{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
.head{flex-wrap:nowrap;align-items:start}
h2{flex:1;font-weight:600}
.body{margin-top:4px;color:var(--j)}
.body>*+*{margin-top:8px}
strong,.why b{font-weight:600;color:var(--i)}
em{font-style:italic}
ul,ol{padding-inline-start:20px}
code{font-family:monospace;background:var(--s)}
.body a{color:inherit;text-decoration:underline}
.prog{margin-top:10px;gap:10px;font-variant-numeric:tabular-nums}
.prog,.more,.txt,.opts .b{font-size:12.5px;line-height:18px;color:var(--j)}
.track{flex:1;height:4px;border-radius:2px;background:var(--l)}
.bar{height:100%;border-radius:2px;background:var(--a)}
.foot{margin-top:12px}
.b,.x{border:1px solid var(--m);border-radius:min(7px,var(--wp-radius,7px));background:none;color:var(--i);cursor:pointer}
.b{display:flex;align-items:center;min-height:30px;padding:4px 11px;font-weight:500;text-decoration:none}
.b:hover,.x:hover{background:var(--s)}
.pri{border-color:transparent}
.pri,.pri:hover{background:var(--a);color:var(--t)}
.txt,.x{border-color:transparent;color:var(--j)}
.txt{padding:4px 6px;margin-inline:auto -6px;font-weight:400}
.txt::after{content:"";width:5px;height:5px;margin:-3px 2px 0;margin-inline-start:6px;border:solid;border-width:0 1.5px 1.5px 0;transform:rotate(45deg)}
.txt[aria-expanded=true]::after{margin-top:3px;transform:rotate(225deg)}
.x{position:relative;flex:none;width:24px;height:24px;padding:0;margin-top:-2px;margin-inline-end:-6px}
.x::before,.x::after{content:"";position:absolute;inset:50% 5px auto;border-top:1.5px solid;transform:rotate(45deg)}
.x::after{transform:rotate(-45deg)}
.more{margin-top:12px;padding-top:10px;border-top:1px solid var(--l)}
.opts .b{color:var(--i);padding:3px 9px}
.why{margin-top:10px}
.why b{display:block}
[hidden]{display:none}
h2:focus{outline:0}
:focus-visible:not(h2,h3){outline:2px solid var(--a);outline-offset:2px}
.arrow{position:absolute;width:10px;height:10px;background:var(--b);border:solid var(--l);border-width:1px 0 0 1px;rotate:45deg}
[data-side=bottom]>.arrow{top:-6px}
[data-side=top]>.arrow{bottom:-6px;rotate:225deg}
[data-side=right]>.arrow{left:-6px;rotate:315deg}
[data-side=left]>.arrow{right:-6px;rotate:135deg}
.banner{inset:auto 16px auto;width:auto;max-width:920px;margin-inline:auto}
.banner .in{display:grid;grid-template-columns:1fr auto auto;gap:0 12px;align-items:center;padding:9px 16px}
.text{gap:0 10px}
.banner h2{flex:none;max-width:100%}
.banner .in>*,.text>*{margin-block:0}
.banner .prog{min-width:132px}
.banner .txt{margin-inline:0}
.banner .more{grid-column:1/-1;margin-top:8px}
.modal{inset:0;margin:auto;width:min(440px,100vw - 32px);height:fit-content}
.modal .in{padding:20px 22px}
.modal h2{font-size:17px;line-height:24px}
.modal .body{margin-top:8px}
.modal .foot{margin-top:18px}
.modal::backdrop{background:#1d1e1b66}
.live{position:fixed;clip-path:inset(50%);white-space:nowrap}
@media(pointer:coarse){.card .b{min-height:44px}.x{width:44px;height:44px;margin-top:-12px;margin-inline-end:-14px}
.x::before,.x::after{inset-inline:15px}}
@media(max-width:640px){.banner{inset-inline:8px}.banner .in{grid-template-columns:1fr auto}.banner .foot{grid-area:2/1/auto/-1;margin-top:8px}
.banner .x{grid-area:1/2;align-self:start}.text{flex-direction:column;align-items:start}}
@media(prefers-reduced-motion:reduce){.card{animation:none}}
@media(forced-colors:active){.bar{background:Highlight;forced-color-adjust:none}.track{outline:1px solid}.pri{border:2px solid Highlight}}
`;

let sheet: CSSStyleSheet | null = null;

/** Give `root` our styles. False in a browser without constructable stylesheets: then nothing is painted. */
export function style(root: ShadowRoot): boolean {
  try {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(BASE_CSS + SURFACES_CSS);
    }
    root.adoptedStyleSheets = [sheet];
    return true;
  } catch {
    return false;
  }
}

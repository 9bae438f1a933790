// The styles of the surfaces that are more than a card: tour, hotspot, checklist, survey, feed.

export const SURFACES_CSS = `
.sr{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}
.corner{inset:auto 16px auto auto;width:min(360px,100vw - 16px)}
.corner:dir(rtl){inset:auto auto auto 16px}
.corner,.panel{max-height:var(--room,calc(100vh - 32px))}
.corner .in{padding:16px 18px}
.corner h2{font-size:15px;line-height:22px}
.top{display:flex;flex:none;gap:10px;align-items:center}
.count{font-size:12.5px;line-height:20px;color:var(--j);font-variant-numeric:tabular-nums}
.dot{position:fixed;inset:auto;z-index:2147483000;width:24px;height:24px;padding:0;border:0;border-radius:50%;background:none;cursor:pointer}
.dot::before,.dot::after{content:"";position:absolute;inset:6px;border-radius:50%;background:var(--a);box-shadow:0 0 0 2px var(--b)}
.dot::after{box-shadow:none;animation:ping 2s ease-out 3}
@keyframes ping{from{opacity:.5}70%,to{opacity:0;transform:scale(2)}}
.list{position:fixed;inset:auto 16px auto auto;z-index:2147483000;display:flex;flex-direction:column;align-items:flex-end;gap:8px;
padding:0;border:0;background:none;color:var(--i);overflow:visible;max-width:calc(100vw - 16px);
font-family:var(--wp-font,inherit);font-size:14px;line-height:20px}
.list:dir(rtl){inset:auto auto auto 16px}
.list .panel{position:static;width:min(340px,100vw - 16px);max-height:calc(var(--room,100vh) - 56px);display:flex}
.list .panel[hidden]{display:none}
.list .in{flex:1;max-height:none}
.launch{display:flex;align-items:center;gap:8px;max-width:100%;min-height:40px;padding:8px 16px 8px 12px;border:1px solid var(--m);border-radius:20px;
background:var(--b);color:var(--i);box-shadow:0 4px 16px #0002;cursor:pointer;text-align:start}
.launch:dir(rtl){padding:8px 12px 8px 16px}
.launch:hover{background:var(--s)}
.launch b{font-weight:600}
.launch bdi{flex:none;color:var(--j);font-size:12.5px;font-variant-numeric:tabular-nums}
.ring{flex:none;width:18px;height:18px;border-radius:50%;background:conic-gradient(var(--a) var(--part),var(--m) 0);
mask:radial-gradient(closest-side,#0000 66%,#000 70%)}
.min::before{inset:50% 6px auto;transform:none}
.min::after{content:none}
.items{list-style:none;padding:0;margin-top:12px}
.items li{display:flex;gap:10px;padding:9px 0;border-top:1px solid var(--l)}
.items li:last-child{padding-bottom:0}
.items .what{font-weight:500;color:var(--i)}
.items a.what{text-underline-offset:3px;text-decoration-color:var(--m)}
.items a.what:hover{text-decoration-color:var(--i)}
.items .done .what{font-weight:400;color:var(--j)}
.items .body{margin-top:1px;font-size:12.5px;line-height:18px}
.tick{position:relative;flex:none;width:18px;height:18px;margin-top:1px;border:1.5px solid var(--k);border-radius:50%}
.done .tick{border-color:var(--a);background:var(--a)}
.done .tick::after{content:"";position:absolute;inset-block-start:2px;left:5px;width:5px;height:9px;border:solid var(--t);border-width:0 2px 2px 0;transform:rotate(45deg)}
form{margin-top:4px}
.q{min-width:0;padding:0;border:0;margin-top:14px}
.ask{display:block;padding:0;margin-bottom:8px;font-weight:600}
.opt-word{font-weight:400;color:var(--j)}
.scale{display:grid;grid-template-columns:repeat(11,1fr);gap:3px}
.csat,.stars{display:flex;gap:6px}
.scale label{position:relative;display:block;cursor:pointer}
.scale input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.scale span{display:grid;place-items:center;min-height:32px;border:1px solid var(--k);border-radius:min(6px,var(--wp-radius,6px));font-size:13px;font-variant-numeric:tabular-nums}
.csat label{flex:1;max-width:56px}
.scale label:hover span{background:var(--s)}
.nps input:checked+span,.csat input:checked+span{border-color:var(--a);background:var(--a);color:var(--t);font-weight:600}
.scale input:focus-visible+span{outline:2px solid var(--a);outline-offset:2px}
.scale.stars span{position:relative;width:34px;min-height:34px;border:0}
.scale.stars span::before,.scale.stars span::after{content:"";position:absolute;inset:4px;background:var(--k);
clip-path:polygon(50% 3%,61.5% 36%,97% 37%,69% 58%,79% 92%,50% 72%,21% 92%,31% 58%,3% 37%,38.5% 36%)}
.scale.stars span::after{inset:7px;background:var(--b)}
.scale.stars .on span::before{background:var(--a)}
.scale.stars .on span::after{content:none}
.ends{display:flex;justify-content:space-between;gap:16px;margin-top:5px;font-size:12.5px;line-height:18px;color:var(--j)}
.opt{display:flex;gap:9px;align-items:flex-start;padding:7px 10px;border:1px solid var(--m);border-radius:min(7px,var(--wp-radius,7px));cursor:pointer}
.opt+.opt{margin-top:6px}
.opt:hover{background:var(--s)}
.opt:has(:checked){border-color:var(--a)}
.opt input{flex:none;width:16px;height:16px;margin:2px 0;accent-color:var(--a)}
textarea{display:block;width:100%;min-height:76px;padding:8px 10px;border:1px solid var(--k);border-radius:min(7px,var(--wp-radius,7px));background:var(--b);color:var(--i);resize:vertical}
.err{color:var(--e);font-size:12.5px;line-height:18px}
.err:not(:empty){margin-top:6px}
[aria-invalid=true] .scale span,textarea[aria-invalid=true],[aria-invalid=true] .opt{border-color:var(--e)}
.feed{width:min(380px,100vw - 16px);max-height:min(560px,100vh - 32px)}
.feed .in{padding:14px 18px 4px}
.feed.corner{bottom:16px}
.feed article{padding:14px 0;border-top:1px solid var(--l)}
.feed .head{padding-bottom:10px}
.feed h3{font-weight:600}
.when{display:flex;gap:8px;align-items:center;margin-bottom:2px;font-size:12.5px;line-height:18px;color:var(--j)}
.new{padding:0 6px;border-radius:5px;background:var(--a);color:var(--t);font-weight:500}
.none{padding:4px 0 14px;color:var(--j)}
:host(.badge-host){display:inline-block;vertical-align:middle;margin-inline-start:6px}
.badge{display:block;min-width:18px;padding:0 5px;border-radius:9px;background:var(--a);color:var(--t);font:600 11.5px/18px var(--wp-font,inherit);text-align:center;font-variant-numeric:tabular-nums}
@media(max-width:640px){.corner,.corner:dir(rtl){inset:auto 8px auto}.corner{width:auto}.list,.list:dir(rtl){inset:auto 8px auto}
.list .panel{width:100%}.nps{grid-template-columns:repeat(6,1fr)}.feed.corner{bottom:8px}}
@media(pointer:coarse){.scale span{min-height:44px}.stars label{min-width:44px}.opt{padding-block:11px}.launch{min-height:44px}
.dot{width:44px;height:44px;margin:-10px}.dot::before,.dot::after{inset:16px}.nps{grid-template-columns:repeat(6,1fr)}
.items a.what{display:inline-block;padding-block:12px;margin-block:-12px}}
@media(prefers-reduced-motion:reduce){.dot::after{animation:none;content:none}}
@media(forced-colors:active){.dot::before{background:Highlight;box-shadow:0 0 0 2px Canvas;forced-color-adjust:none}.ring{display:none}
.done .tick{background:Highlight;forced-color-adjust:none}.nps input:checked+span,.csat input:checked+span{background:Highlight;color:HighlightText;forced-color-adjust:none}
.scale.stars span::before{background:CanvasText;forced-color-adjust:none}.scale.stars .on span::before{background:Highlight}
.scale.stars span::after{background:Canvas;forced-color-adjust:none}.new,.badge{border:1px solid}}
`;

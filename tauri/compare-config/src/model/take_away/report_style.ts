/**
 * The look of a report: the page's light colours (PAGE.md, section 14), on A4 in print. Colours are
 * printed, since the plate of PROD is one; each also has its word, frame or underline.
 */
export const REPORT_STYLE = `
:root{--text:#18202B;--text2:#4C5766;--line:#D8DDE4;--edge:#7D8796;--raised:#EDF0F4;--hatch:#E7EAEF;
--chg:#FFF2D6;--chgink:#744600;--mark:#FFD582;--lo:#E1EEFF;--ro:#EFE7FF;--prod:#8F1239;
--errink:#9E1F15;--err:#FDEBE9;
--mono:ui-monospace,"Cascadia Mono","SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
@page{size:A4;margin:12mm}
*{box-sizing:border-box;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font:14px/20px "Segoe UI",-apple-system,BlinkMacSystemFont,"Noto Sans",Arial,sans-serif;
color:var(--text);background:#fff;margin:0 auto;padding:24px;max-width:1100px}
h1,h2,h3,p,dl,dd,ul{margin:0;padding:0}
h1{font-size:20px;line-height:28px}h2{font-size:16px;line-height:24px;margin-top:28px}
h3{font-size:14px;margin-top:12px}
h2,h3,.kind{break-after:avoid}
.q{color:var(--text2)}.n{font-variant-numeric:tabular-nums}
.notfinal{background:var(--err);color:var(--errink);font-weight:700;padding:8px 12px;
margin:0 0 12px;border:1px solid var(--errink);border-radius:6px}
.verdict{font-size:16px;font-weight:600;margin-top:12px}
.env{display:inline-block;font:700 11px/16px sans-serif;letter-spacing:.5px;padding:1px 7px;
border:1px solid var(--edge);border-radius:4px;white-space:nowrap}
.env.prod{background:var(--prod);border-color:var(--prod);color:#fff}
.env svg{width:10px;height:10px;vertical-align:-1px;stroke:currentColor;stroke-width:2.2;fill:none}
table{border-collapse:collapse;width:100%;margin-top:8px}
th{text-align:left;font:600 12px/16px sans-serif;background:var(--raised);vertical-align:bottom}
th,td{border:1px solid var(--line);padding:3px 6px;vertical-align:top;overflow-wrap:anywhere}
th i{display:block;font:400 10px/13px var(--mono);color:var(--text2)}
thead{display:table-header-group}tr{break-inside:avoid}
table.s{width:auto}table.s th{background:none;white-space:nowrap}
.r{text-align:right}td.r{white-space:nowrap}
.t th,.t td:first-child{overflow-wrap:break-word}
.g td{font:11px/15px var(--mono);padding:2px 5px}
.g td.num{text-align:right}
.g th,.g td{min-width:66px}.g td.side{min-width:0}
.g .v{white-space:pre-wrap;min-height:15px}
.g tbody{break-inside:avoid;border-top:1.5px solid var(--edge)}
.g .d{background:var(--chg)}.g .lo{background:var(--lo)}.g .ro{background:var(--ro)}
.g .same{color:var(--text2)}
.g td.side{width:1%;white-space:nowrap;font-family:inherit}
.none,.same2{color:var(--text2);font-style:italic}
.none{background:repeating-linear-gradient(135deg,var(--hatch) 0 4px,#fff 4px 8px)}
.prodname{color:var(--prod);font-weight:700}
.row{border-top:1.5px solid var(--edge);padding:6px 0;break-inside:avoid}
.boxes{display:flex;flex-wrap:wrap;gap:4px;margin-top:4px}
.box{border:1px solid var(--line);border-radius:4px;padding:2px 6px;min-width:120px;max-width:100%;
font:11px/15px var(--mono)}
.box b{display:block;font:600 11px/15px sans-serif}
.box .v{white-space:pre-wrap;overflow-wrap:anywhere}
.box.d{background:var(--chg)}.box.lo{background:var(--lo)}.box.ro{background:var(--ro)}
mark{background:var(--mark);color:inherit;border-bottom:2px solid var(--chgink);padding:0 1px}
.null,.control{font-size:.9em;border:1px solid var(--edge);border-radius:3px;padding:0 3px}
.null{font-style:italic}
.tag{font:500 10px/14px sans-serif;color:var(--text2);margin-left:5px;white-space:normal}
.note{font:500 10px/14px sans-serif;color:var(--text2);display:block}
pre{font:11px/16px var(--mono);white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0 0;
background:var(--raised);padding:6px 8px;border-radius:4px}
footer{margin-top:28px;border-top:1px solid var(--line);padding-top:8px;font-size:12px}
@media print{body{padding:0;max-width:none;font-size:12px;line-height:17px}h2{margin-top:20px}}
`;

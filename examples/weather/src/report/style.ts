/** How the page looks, by day and by night. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfaf7, #16181d);
  --ink: light-dark(#22262e, #e6e4de);
  --faint: light-dark(#7b7f88, #8d929c);
  --rule: light-dark(#e5e2da, #2c3038);
  --warm: light-dark(#d1592b, #f08a5d);
  --range: light-dark(#f6ddcf, #4a2d20);
  --wet: light-dark(#3f7cac, #6aa9d8);
}
body { max-width: 54rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { margin: 0; font-size: 2.25rem; letter-spacing: -0.02em; line-height: 1.15; }
h2 { margin: 3rem 0 0; font-size: 1.1rem; }
p { max-width: 42rem; margin: 0.35rem 0 0; }
p, footer { color: var(--faint); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 2rem 0 0; }
.facts div { padding-top: 0.6rem; border-top: 2px solid var(--ink); }
.facts dt { color: var(--faint); font-size: 0.85rem; }
.facts dd { margin: 0; font-size: 1.5rem; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; margin-top: 1rem; }
svg text { font-size: 12px; }
.tick { fill: var(--faint); }
.value { fill: var(--ink); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); }
.range { fill: var(--range); }
.mean { fill: none; stroke: var(--warm); stroke-width: 2.5; }
.normal { fill: none; stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 5 4; }
.dot { fill: var(--warm); stroke: var(--paper); stroke-width: 1.5; }
.rain { fill: var(--wet); }
.key { display: inline-block; width: 1.4em; margin: 0 0.35em 0 0; vertical-align: middle; }
.key.range { height: 0.8em; background: var(--range); }
.key.mean { border-top: 3px solid var(--warm); }
.key.normal { border-top: 2px dashed var(--faint); }
table { width: 100%; margin-top: 1rem; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
th, td { padding: 0.4rem 0.5rem; border-bottom: 1px solid var(--rule); text-align: right; font-weight: 400; }
thead th { color: var(--faint); }
th:first-child { padding-left: 0; text-align: left; }
footer { margin-top: 3rem; font-size: 0.85rem; }
`

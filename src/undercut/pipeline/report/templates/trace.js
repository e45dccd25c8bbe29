"use strict";
// A line to move along each chart: the slider steps through the rows of the chart's own table.
document.querySelectorAll("figure[data-trace]").forEach((figure) => {
  const at = figure.dataset.trace.split(" ").map(Number);
  const rows = [...figure.querySelectorAll("tbody tr")];
  const names = [...figure.querySelectorAll("thead th")].map((th) => th.textContent);
  const svgs = [...figure.querySelectorAll("svg[data-plot]")];
  if (!svgs.length || rows.length !== at.length || rows.length < 2) return;
  const lines = svgs.map((svg) => {
    const [left, top, right, bottom] = svg.dataset.plot.split(" ").map(Number);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    line.setAttribute("y1", top);
    line.setAttribute("y2", bottom);
    line.setAttribute("style", "stroke:var(--accent);stroke-width:1.5");
    svg.append(line);
    return { svg, line, left, right };
  });
  const bar = document.createElement("label");
  const slider = document.createElement("input");
  const out = document.createElement("output");
  bar.className = "trace";
  slider.type = "range";
  slider.min = 0;
  slider.max = rows.length - 1;
  slider.value = Math.floor((rows.length - 1) / 2);
  slider.setAttribute("aria-label", figure.querySelector("h3").textContent);
  bar.append(slider, out);
  svgs[svgs.length - 1].after(bar);
  const show = () => {
    const k = Number(slider.value);
    const cells = [...rows[k].children].map((td, i) => names[i] + " " + td.textContent);
    out.textContent = cells.join(" · ");
    slider.setAttribute("aria-valuetext", out.textContent);
    lines.forEach(({ line, left, right }) => {
      const x = left + at[k] * (right - left);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    });
  };
  slider.addEventListener("input", show);
  lines.forEach(({ svg, left, right }) => {
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      const share = (x - left) / (right - left);
      let best = 0;
      at.forEach((a, k) => { if (Math.abs(a - share) < Math.abs(at[best] - share)) best = k; });
      slider.value = best;
      show();
    });
  });
  show();
});

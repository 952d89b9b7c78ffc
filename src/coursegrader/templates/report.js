(() => {
  "use strict";
  const root = document.documentElement;
  const figures = JSON.parse(document.getElementById("figures").textContent);

  // Colours by name: "var(--c1)" in a figure is what the style says now (light, dark, print).
  const coloured = (value, style) => {
    if (typeof value === "string" && value.startsWith("var(--")) return style.getPropertyValue(value.slice(4, -1)).trim();
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
    }
    return value;
  };

  // A telephone has room for three dates beside the names.
  const fitted = (layout, width) =>
    width < 560 && layout.xaxis?.type === "date" && !layout.xaxis.tickvals ? { ...layout, xaxis: { ...layout.xaxis, nticks: 3 } } : layout;

  const draw = (width) => {
    const style = getComputedStyle(root);
    for (const [id, chart] of Object.entries(figures)) {
      const place = document.getElementById(id);
      const { data, layout } = coloured(chart.figure, style);
      const size = width ? { width, height: chart.height, autosize: false } : { height: chart.height, autosize: true };
      Plotly.react(place, data, { ...fitted(layout, width || place.clientWidth), ...size }, { displayModeBar: false, responsive: !width, scrollZoom: false, doubleClick: false });
    }
  };

  // Paper is white and narrower than most windows, whatever the screen's colours are.
  const beforePrint = () => { root.classList.add("print"); draw(670); };
  const afterPrint = () => { root.classList.remove("print"); draw(0); };

  const sortRows = (table, column, direction) => {
    const body = table.tBodies[0];
    const key = (row) => row.cells[column].dataset.s ?? row.cells[column].textContent;
    const numbers = [...body.rows].every((row) => row.cells[column].dataset.n !== undefined);
    const value = numbers ? (row) => Number(row.cells[column].dataset.n) : key;
    const rows = [...body.rows].map((row) => [value(row), row]);
    const compare = numbers ? (a, b) => a[0] - b[0] : (a, b) => a[0].localeCompare(b[0], root.lang);
    rows.sort((a, b) => direction * compare(a, b));
    body.append(...rows.map((pair) => pair[1]));
  };

  for (const table of document.querySelectorAll("table[data-sort]")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
        sortRows(table, column, direction);
      });
    });
  }

  // "Élodie" is found by "elodie".
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  for (const form of document.querySelectorAll(".search")) {
    const input = form.querySelector("input");
    const output = form.querySelector("output");
    const rows = [...document.getElementById(input.dataset.table).tBodies[0].rows];
    const texts = rows.map((row) => plain(`${row.cells[0].textContent} ${row.cells[1].textContent}`));
    form.hidden = false;
    input.addEventListener("input", () => {
      const words = plain(input.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, number) => {
        row.hidden = !words.every((word) => texts[number].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      output.textContent = words.length === 0 ? "" : shown === 0 ? output.dataset.none : output.dataset.some.replace("{shown}", String(shown));
    });
  }

  window.addEventListener("beforeprint", beforePrint);
  window.addEventListener("afterprint", afterPrint);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(0));
  draw(0);
})();

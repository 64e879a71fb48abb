/* Fetches the home page's figures anew while somebody looks at it. */
document.addEventListener("DOMContentLoaded", () => {
  const figures = document.querySelector("[data-figures]");
  if (!figures || !figures.children.length) return;

  const renewChart = (old, fresh) => {
    const chart = Chart.getChart(old);
    const data = JSON.parse(fresh.dataset.value);
    if (!chart) return;
    chart.data.labels = data.labels;
    // the colours stay: the theme has resolved them
    data.datasets.forEach((set, i) => { chart.data.datasets[i].data = set.data; });
    chart.update();
  };

  const renew = async () => {
    if (document.hidden) return;
    // the header tells the server that nobody pressed a key for this
    const answer = await fetch(figures.dataset.figures, { headers: { "X-Background": "1" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of figures.querySelectorAll("[data-part]")) {
      const renewed = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      const canvas = part.querySelector("canvas");
      if (!renewed) continue;
      if (canvas) renewChart(canvas, renewed.querySelector("canvas"));
      else part.innerHTML = renewed.innerHTML;
    }
  };

  const quietly = () => renew().catch(() => {});
  setInterval(quietly, 30000);
  document.addEventListener("visibilitychange", quietly);
});

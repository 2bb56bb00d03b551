// Sets the colours that were chosen before the page is painted; without a choice the system decides.
(() => {
  const chosen = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  const apply = theme => { if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme; };
  apply(chosen());
  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme-choice");
    choice.value = chosen();
    choice.addEventListener("change", () => {
      try { localStorage.setItem("theme", choice.value); } catch { /* It holds for this page then. */ }
      apply(choice.value);
    });
    document.getElementById("theme").hidden = false;
  });
})();

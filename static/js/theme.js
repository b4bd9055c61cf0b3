// Runs before the first paint, so that no page flashes in the wrong theme.
// The choice of this browser wins over the account's, and both over the system's.
(() => {
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");

  function stored(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is blocked: the page works, it only forgets
    }
  }

  function applyTheme() {
    const wish = stored("theme") || root.dataset.themePreference || "system";
    const isDark = wish === "dark" || (wish !== "light" && systemDark.matches);
    root.dataset.themeWish = wish;
    root.dataset.bsTheme = isDark ? "dark" : "light";
    root.dispatchEvent(new CustomEvent("theme:changed", { bubbles: true }));
  }

  function applyDensity() {
    root.dataset.density = stored("density") || "comfortable";
  }

  function keep(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // nothing to do: it holds for this page
    }
  }

  window.controlroomLook = {
    setTheme(value) {
      keep("theme", value);
      root.dataset.themePreference = value;
      applyTheme();
    },
    setDensity(value) {
      keep("density", value);
      root.dataset.density = value;
    },
  };

  applyTheme();
  applyDensity();
  systemDark.addEventListener("change", applyTheme);
})();

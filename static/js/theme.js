// Runs before the first paint, so that no page flashes in the wrong theme.
// The choice made in this browser wins over the account's, until that one is changed.
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

  const ofAccount = root.dataset.themePreference || "system";

  function applyTheme() {
    const isOwnChoice = stored("theme") && stored("theme-instead-of") === ofAccount;
    const wish = isOwnChoice ? stored("theme") : ofAccount;
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
      keep("theme-instead-of", ofAccount);
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

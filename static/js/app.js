// The behaviours of every page. Each file does one thing and finds its elements by data attributes,
// so that a page needs markup only. See docs/frontend.md.
import "./requests.js";
import "./commands.js";
import "./menus.js";
import "./toasts.js";
import "./confirm.js";
import "./copy.js";
import "./forms.js";
import "./returning.js";
import "./focus.js";
import "./time.js";
import "./lists.js";
import "./keys.js";
import "./live.js";
import "./notices.js";

// needed by few pages or on demand: fetched then
if (document.querySelector("[data-log]")) import("./log.js");
if (document.querySelector("[data-log-page]")) import("./log_page.js");

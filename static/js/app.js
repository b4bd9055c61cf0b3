import "./commands.js";

// All that the inbox does; bundled into one file.
import "./inbox.js";
import "./evidence.js";
import "./attachments.js";

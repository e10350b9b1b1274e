// Everything here makes pages nicer; none of it makes them work. Forms post and links lead without it.
// Behaviours listen on the document and read data attributes, so parts swapped in later need no set-up.
import "htmx.org";
import "htmx.org/dist/ext/hx-sse.js";
import "htmx.org/dist/ext/hx-preload.js";
import "@github/relative-time-element";
import "@github/text-expander-element";
import "./theme.js";
import "./notices.js";
import "./submit.js";
import "./confirm.js";
import "./drafts.js";
import "./files.js";
import "./composer.js";
import "./markdown.js";
import "./suggest.js";
import "./fields.js";
import "./menus.js";
import "./keys.js";
import "./palette.js";
import "./queue.js";
import "./terms.js";
import "./board.js";
import "./live.js";
import "./presence.js";
import "./copy.js";
import "./focus.js";

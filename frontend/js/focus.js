// Where the page opens: at the first error, or with the current place of a strip in sight.
const wrong = document.querySelector("[data-error-summary], [aria-invalid=true]");
if (wrong) {
  wrong.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: "center" });
}

for (const place of document.querySelectorAll(".settings-nav [aria-current], .segmented [aria-current]")) {
  const strip = place.closest(".settings-nav, .segmented");
  if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = place.offsetLeft - strip.clientWidth / 3;
}

// A conversation opens where it is new, or at its end.
const thread = document.querySelector(".ticket-page .thread");
if (thread && !thread.querySelector(":target")) {
  const news = thread.querySelector(".new-since");
  thread.scrollTop = news ? news.offsetTop - thread.offsetTop - 80 : thread.scrollHeight;
}

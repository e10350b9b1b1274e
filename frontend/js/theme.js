// Light or dark: shown at once, kept on the server for people with an account, else in the browser.
import { on, post, store, user } from "./dom.js";

const root = document.documentElement;
root.classList.add("js"); // the first module to run, so that .js-only parts show at once
if (!user && store.get("theme")) root.dataset.theme = store.get("theme");

on("submit", "[data-theme-switch]", (event, form) => {
  event.preventDefault();
  event.stopPropagation();
  const theme = event.submitter?.value ?? "light";
  root.dataset.theme = theme;
  store.set("theme", theme);
  if (user) post(form.action, { theme }).catch(() => {}); // only this page shows it, then
  form.querySelector(theme === "dark" ? ".if-dark" : ".if-light")?.focus();
}, true);

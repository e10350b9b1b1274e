// <button data-print>: to the printer.
import { on } from "./dom.js";

on("click", "[data-print]", () => window.print());

// Without this file the page works too. It shows the origin of a value beside the page, and renews the page by itself.
"use strict";
(() => {
  const main = document.getElementById("inhoud");
  const news = document.getElementById("nieuws");
  const clock = () => new Date().toLocaleTimeString("nl-NL", { hour: "2-digit", minute: "2-digit" });

  async function part(address, id, more) {
    const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html", ...more } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return answer.ok ? document.adoptNode(page.getElementById(id)) : null;
  }

  // Origin of a value: a dialog instead of another page.
  const dialog = document.createElement("dialog");
  dialog.className = "herkomst";
  dialog.setAttribute("aria-label", "Herkomst");
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  async function open(address) {
    const found = await part(address, "herkomst").catch(() => null);
    if (!found) {
      location.assign(address);
      return;
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "sluit";
    close.textContent = "Sluiten";
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(close, found);
    dialog.showModal();
    dialog.scrollTop = 0;
    found.querySelectorAll("pre").forEach((text) => {
      const mark = text.querySelector("mark");
      if (mark) text.scrollTop = mark.offsetTop - text.offsetTop - text.clientHeight / 2;
    });
    close.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='/herkomst/']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link.getAttribute("href"));
  });

  // News: fetch the page again and put its picture in place; what was open stays open.
  const picture = () => document.getElementById("beeld");
  const name = (details) => details.closest("[id]").id + "/" + details.querySelector("summary").textContent.replace(/\d+/g, "");
  let paused = false;
  let waiting = false;

  function busy() {
    return dialog.open || picture().contains(document.activeElement?.closest("form") ?? null);
  }

  async function renew() {
    waiting = false;
    const fresh = await part(location.href, "beeld", { "X-Vanzelf": "1" }).catch(() => null);
    if (!fresh) return;
    const before = picture();
    const opened = new Set([...before.querySelectorAll("details[open]")].map(name));
    const focused = document.activeElement?.getAttribute?.("href");
    fresh.querySelectorAll("details").forEach((details) => { details.open ||= opened.has(name(details)); });
    before.replaceWith(fresh);
    controls();
    if (focused) [...fresh.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus({ preventScroll: true });
    say(`Bijgewerkt om ${clock()}: er waren nieuwe gegevens.`);
  }

  function say(text, button) {
    news.replaceChildren(text, ...(button ? [" ", button] : []));
    news.hidden = false;
  }

  function offer() {
    waiting = true;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Toon";
    button.addEventListener("click", renew);
    say("Er zijn nieuwe gegevens.", button);
  }

  function controls() {
    const place = document.getElementById("live");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "licht";
    const show = () => {
      button.textContent = paused ? "Niet automatisch bijwerken" : "Werkt automatisch bij";
      button.setAttribute("aria-pressed", String(!paused));
    };
    button.addEventListener("click", () => {
      paused = !paused;
      show();
      if (!paused && waiting) renew();
    });
    show();
    place.replaceChildren(button);
    place.hidden = false;
  }

  const address = picture()?.dataset.gebeurtenissen;
  if (address && "EventSource" in window) {
    const events = new EventSource(address);
    events.addEventListener("gewijzigd", () => (paused || busy() ? offer() : renew()));
    events.addEventListener("voorbij", () => location.reload()); // logged out, or not for this reader any more
    window.addEventListener("pagehide", () => events.close());
    controls();
  }
  main?.setAttribute("data-klaar", "");
})();

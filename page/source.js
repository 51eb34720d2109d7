// The source panel: its pages or its text scrolled to the sentence, the outline, the citations before and after.
// Gradio gives element, props and watch.
const scrollTo = (target, share) => {
  const frame = target.closest(".text, .pages");
  const gap = target.getBoundingClientRect().top - frame.getBoundingClientRect().top;
  frame.scrollTop += gap - frame.clientHeight * share;
};

const current = () => document.querySelector("[data-act=cite][aria-current]");

// All places that the answer of the citation opened leads to, each once, in the order they stand.
const spots = () => {
  const around = current()?.closest(".turn");
  const seen = new Map();
  around?.querySelectorAll("[data-act=cite]").forEach((button) => {
    const key = [button.dataset.report, button.dataset.start, button.dataset.end].join();
    if (button.dataset.end !== "0" && (!seen.has(key) || button === current())) seen.set(key, button);
  });
  return [...seen.values()];
};

const close = () => {
  props.value = "";
  const citation = current();
  if (citation) {
    citation.removeAttribute("aria-current");
    citation.focus();
  }
};

const view = (name) => {
  const pages = element.querySelector(".pages");
  if (!pages) return;
  pages.hidden = name !== "pages";
  element.querySelector(".text").hidden = name === "pages";
  element.querySelectorAll("[data-view]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.view === name));
  const here = element.querySelector(name === "pages" ? ".pages .box, .pages figure" : "mark.here");
  if (here) scrollTo(here, 0.3);
};

// The pages as printed, each fetched when it comes near; boxes over the sentence, in shares of the page.
const openPages = async (pages) => {
  const address = pages.dataset.places, sheet = address.replace("/places/", "/sheet/").split("?")[0];
  const answer = await fetch(address);
  const found = await answer.json();
  if (!pages.isConnected) return;
  if (!answer.ok) throw new Error(found.detail);
  pages.replaceChildren(...found.sizes.map(([width, height], at) => {
    const figure = document.createElement("figure"), image = document.createElement("img");
    figure.id = "page-" + (at + 1);
    figure.tabIndex = -1;
    figure.style.aspectRatio = width + "/" + height;
    image.loading = "lazy";
    image.alt = `第 ${at + 1} 页`;
    image.src = `${sheet}/${at + 1}.png`;
    const boxes = document.createElement("div");
    boxes.className = "boxes";
    figure.append(image, boxes);
    for (const [page, left, top, right, bottom] of found.boxes) {
      if (page !== at + 1) continue;
      const box = document.createElement("div");
      box.className = "box";
      Object.assign(box.style, { left: (100 * left) / width + "%", top: (100 * top) / height + "%", width: (100 * (right - left)) / width + "%", height: (100 * (bottom - top)) / height + "%" });
      boxes.append(box);
    }
    return figure;
  }));
  pages.breaks = found.breaks;
  const here = pages.querySelector(".box");
  if (here) scrollTo(here, 0.3);
};

watch("value", () => {
  const sheet = element.querySelector(".sheet");
  if (!sheet) return;
  const outline = sheet.querySelector(".outline");
  if (outline && sheet.clientWidth < 620) outline.open = false;
  const here = sheet.querySelector("mark.here");
  if (here) scrollTo(here, 0.3);
  const heading = sheet.querySelector(".outline [aria-current]");
  if (heading) heading.closest("nav").scrollTop = heading.offsetTop - 80;
  const all = spots(), at = all.indexOf(current()), walk = sheet.querySelector(".walk");
  if (walk && at >= 0 && all.length > 1) {
    walk.hidden = false;
    walk.querySelector(".at").textContent = `${at + 1} / ${all.length}`;
    walk.querySelector("[data-by='-1']").disabled = at === 0;
    walk.querySelector("[data-by='1']").disabled = at === all.length - 1;
  }
  const pages = sheet.querySelector(".pages");
  if (pages) {
    view("pages");
    openPages(pages).catch((error) => {
      view("text");
      sheet.querySelector(".views").textContent = error.message || "原页打不开";
    });
  }
  sheet.querySelector("h2")?.focus({ preventScroll: true });
});

const goTo = (button) => {
  const offset = Number(button.dataset.offset), pages = element.querySelector(".pages");
  let target = element.querySelector("#" + CSS.escape(button.dataset.goto));
  if (pages && !pages.hidden) {
    const passed = (pages.breaks ?? []).filter(([number, start]) => start <= offset && number);
    target = pages.querySelector("#page-" + (passed.at(-1)?.[0] ?? 1));
  }
  element.querySelectorAll(".outline [aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  button.setAttribute("aria-current", "true");
  if (element.querySelector(".sheet").clientWidth < 620) element.querySelector(".outline").open = false;
  if (!target) return;
  scrollTo(target, 0.02);
  target.focus({ preventScroll: true });
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const act = button.dataset.act;
  if (act === "close") close();
  if (act === "view") view(button.dataset.view);
  if (act === "goto") goTo(button);
  if (act === "step") {
    const all = spots(), next = all[all.indexOf(current()) + Number(button.dataset.by)];
    next?.closest("details:not([open])")?.setAttribute("open", "");
    next?.click();
    next?.scrollIntoView({ block: "nearest" });
  }
  if (act === "copy") copyText(button.dataset.copy, button);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && element.querySelector(".sheet")) close();
});

// The source panel: scroll to the sentence, walk the outline, close. Gradio gives element, props and watch.
const scrollTo = (target, share) => {
  const text = element.querySelector(".text");
  const gap = target.getBoundingClientRect().top - text.getBoundingClientRect().top;
  text.scrollTop += gap - text.clientHeight * share;
};

const close = () => {
  props.value = "";
  const citation = document.querySelector("[data-act=cite][aria-current]");
  if (citation) {
    citation.removeAttribute("aria-current");
    citation.focus();
  }
};

watch("value", () => {
  const sheet = element.querySelector(".sheet");
  if (!sheet) return;
  const outline = sheet.querySelector(".outline");
  if (outline && sheet.clientWidth < 620) outline.open = false;
  const here = sheet.querySelector("mark.here");
  if (here) scrollTo(here, 0.3);
  const current = sheet.querySelector(".outline [aria-current]");
  if (current) current.closest("nav").scrollTop = current.offsetTop - 80;
  sheet.querySelector("h2")?.focus({ preventScroll: true });
});

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  if (button.dataset.act === "close") close();
  if (button.dataset.act === "goto") {
    const heading = element.querySelector("#" + CSS.escape(button.dataset.goto));
    element.querySelectorAll(".outline [aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    button.setAttribute("aria-current", "true");
    const outline = element.querySelector(".outline");
    if (element.querySelector(".sheet").clientWidth < 620) outline.open = false;
    scrollTo(heading, 0.02);
    heading.focus({ preventScroll: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector(".sheet")) close();
});

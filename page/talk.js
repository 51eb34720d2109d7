// Runs for the conversation, the welcome and the library; Gradio gives element, trigger and watch.
// A click on a button that carries data-act becomes an event of that name with the button's data.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const data = { ...button.dataset };
  if (data.act === "cite") {
    document.querySelectorAll("[data-act=cite][aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    button.setAttribute("aria-current", "true");
    trigger("cite", data);
  }
  if (data.act === "ask") trigger("ask", data);
  if (data.act === "drop") trigger("drop", data);
  if (data.act === "keep") trigger("keep", data);
  if (data.act === "choose") trigger("choose", data);
  if (data.act === "library") trigger("library", data);
});

// A new question comes to the top of the view; its answer grows below it.
let seen = 0;
watch("value", () => {
  const turns = element.querySelectorAll(".turn");
  if (turns.length && turns.length !== seen) turns[turns.length - 1].scrollIntoView({ block: "start" });
  seen = turns.length;
});

// What was done to the library is shown, in the place of what became of the files before.  Gradio gives element and watch.
watch("value", () => {
  if (!element.textContent.trim()) return;
  const before = document.querySelector("#adding .upload");
  if (before?.querySelector("progress").hidden) before.hidden = true;
  element.scrollIntoView({ block: "nearest" });
});

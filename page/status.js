// What was done to the library takes the place of what became of the files before.  Gradio gives element and watch.
watch("value", () => {
  const before = document.querySelector("#adding .upload");
  if (before && element.textContent.trim() && before.querySelector("progress").hidden) before.hidden = true;
});

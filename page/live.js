// What is being written or looked for, put where the conversation has its place, so that nothing else of it is drawn anew.
// Gradio gives element and watch.
watch("value", () => {
  const place = document.querySelector("#talk [data-live]"), said = element.textContent.trim();
  if (place && said) place.textContent = said;
});

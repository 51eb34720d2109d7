// Put into the clipboard; the button says whether it was done.  In front of talk.js and source.js.
const copyText = async (text, button) => {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {  // an intranet page without https has no clipboard
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const label = button.dataset.label ?? (button.dataset.label = button.textContent);
  button.textContent = done ? "已复制" : "复制不了";
  setTimeout(() => { button.textContent = label; }, 1600);
};

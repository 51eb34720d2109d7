// Runs for the conversation, the welcome, the library and the history; Gradio gives element, trigger and watch.
// A click on a button that carries data-act becomes an event of that name with the button's data, or is done here.
// A column's rows by number where every filled cell is one, else by the Chinese order of words; empty cells last.
const sortBy = (button) => {
  const head = button.closest("th"), table = button.closest("table"), body = table.tBodies[0], by = button.dataset.by;
  const next = { none: by === "number" ? "descending" : "ascending", ascending: by === "number" ? "none" : "descending", descending: by === "number" ? "ascending" : "none" };
  const order = next[head.getAttribute("aria-sort")] ?? "ascending";
  table.querySelectorAll("th[aria-sort]").forEach((other) => other.setAttribute("aria-sort", "none"));
  head.setAttribute("aria-sort", order);
  const key = order === "none" ? "at" : by, sign = order === "descending" ? -1 : 1;
  const rows = [...body.rows];
  const numeric = rows.every((row) => !row.dataset[key] || !isNaN(row.dataset[key]));
  rows.sort((a, b) => {
    const left = a.dataset[key], right = b.dataset[key];
    if (!left || !right) return (left ? 0 : 1) - (right ? 0 : 1);
    return sign * (numeric ? left - right : left.localeCompare(right, "zh-CN")) || a.dataset.at - b.dataset.at;
  });
  body.append(...rows);
};

const filter = () => {
  const want = {};
  element.querySelectorAll("[data-filter]").forEach((input) => {
    want[input.dataset.filter] = input.type === "checkbox" ? input.checked : input.value.trim().toLowerCase();
  });
  const rows = [...element.querySelectorAll(".reports tbody tr")];
  let shown = 0;
  for (const row of rows) {
    const data = row.dataset;
    const fits = (want.words || "").split(/\s+/).every((word) => data.words.includes(word))
      && ["region", "year", "kind"].every((name) => !want[name] || data[name].toLowerCase() === want[name])
      && (!want.warned || data.warnings !== "0");
    row.hidden = !fits;
    shown += fits;
  }
  const count = element.querySelector(".count");
  count.textContent = shown === rows.length ? count.dataset.all : `符合条件的有 ${shown} 份，共 ${rows.length} 份。`;
};

// A file picker in our own words: the browser's speaks its own language.
const chosen = (input) => {
  const dialog = input.closest("dialog"), [file] = input.files;
  dialog.querySelector("[data-chosen]").textContent = file ? file.name : "选择文件";
  dialog.querySelector("[value=yes]").disabled = !file;
};

const decide = (button) => {
  const data = { ...button.dataset };
  const dialog = element.querySelector(`[data-dialog=${data.act}]`);
  dialog.querySelector("[data-said]").textContent = data.name;
  const inputs = [...dialog.querySelectorAll("input")];
  inputs.forEach((input) => { input.value = data[input.name] ?? ""; });
  if (data.act === "replace") chosen(inputs[0]);
  dialog.returnValue = "";
  dialog.onclose = () => {
    button.focus();
    if (dialog.returnValue !== "yes") return;
    if (data.act === "replace") {  // by the script that adds files
      const detail = { id: data.id, name: data.name, file: inputs[0].files[0] };
      document.querySelector("#adding .upload").dispatchEvent(new CustomEvent("replace", { bubbles: true, detail }));
      return;
    }
    const changed = Object.fromEntries(inputs.filter((input) => input.value.trim() !== (data[input.name] ?? "")).map((input) => [input.name, input.value]));
    trigger(data.act, { act: data.act, id: data.id, facts: JSON.stringify(changed) });
  };
  dialog.showModal();
};

const LOCAL = { sort: sortBy, correct: decide, replace: decide, remove: decide, copy: (button) => copyText(button.dataset.copy, button) };
const SENT = ["ask", "drop", "keep", "choose", "library", "again", "edit", "judge", "fresh", "recall", "forget", "remove", "correct"];

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const act = button.dataset.act;
  if (act === "cite") {
    document.querySelectorAll("[data-act=cite][aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    button.setAttribute("aria-current", "true");
    trigger("cite", { ...button.dataset });
  } else if (LOCAL[act]) LOCAL[act](button);
  else if (event.detail > 1) return;  // pressed twice is asked once
  else if (SENT.includes(act)) trigger(act, { ...button.dataset });
  if (act === "edit") document.querySelector("#question textarea")?.focus();
});

element.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-judge]");
  if (!form) return;
  event.preventDefault();
  trigger("judge", { turn: form.dataset.judge, judged: "没用", reason: form.querySelector("input").value });
});
element.addEventListener("change", (event) => { if (event.target.type === "file") chosen(event.target); });
element.addEventListener("input", (event) => { if (event.target.dataset.filter) filter(); });

// /?question=… asks it as the page opens.
const linked = element.closest("#welcome") && new URLSearchParams(location.search).get("question");
if (linked?.trim()) trigger("ask", { text: linked.slice(0, 2000) });

// A new question comes to the top of the view; its answer grows below it.  Times are told by the reader's own clock.
let seen = 0;
watch("value", () => {
  const turns = element.querySelectorAll(".turn");
  if (turns.length && turns.length !== seen) turns[turns.length - 1].scrollIntoView({ block: "start" });
  seen = turns.length;
  element.querySelectorAll("time").forEach((time) => {
    time.textContent = new Date(time.dateTime).toLocaleString("zh-CN", { dateStyle: "medium", timeStyle: "short" });
  });
});

// A search box for any page: <script src="https://youju.example/embed.js" defer></script>
// Attributes of the script tag: data-target (selector; default: where the tag stands), data-placeholder, and
// data-frame="height" for the whole page in an iframe.  The page's origin must be one of the server's --origin.
(() => {
  const script = document.currentScript;
  const base = script.src.replace(/\/embed\.js(?:[?#].*)?$/, "");
  const host = document.createElement("div");
  host.setAttribute("data-youju", "");
  const target = script.dataset.target && document.querySelector(script.dataset.target);
  if (target) target.append(host);
  else if (document.body && document.body.contains(script)) script.after(host);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(host));
  const root = host.attachShadow({ mode: "open" });

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const style = make("style");
  // font and colour are inherited from the page around it
  style.textContent = `
    :host{display:block;font:inherit;color:inherit;line-height:1.7}
    form{display:flex;gap:.5em;align-items:stretch}
    input{flex:1;min-width:0;font:inherit;color:inherit;background:transparent;padding:.5em .7em;border:1px solid;border-radius:.5em}
    button{font:inherit;color:inherit;background:transparent;border:1px solid;border-radius:.5em;padding:.5em 1em;cursor:pointer}
    :focus-visible{outline:3px solid;outline-offset:2px}
    .short{font-size:1.5em;font-weight:600;margin:.6em 0 .2em}
    blockquote{margin:.6em 0;padding-inline-start:.9em;border-inline-start:3px solid}
    mark{background:none;color:inherit;font-weight:700}
    .from{font-size:.85em;margin:.1em 0 0}
    iframe{width:100%;border:1px solid;border-radius:.5em}`;

  if (script.dataset.frame) {
    root.append(style, make("iframe", { src: base + "/", title: "有据：问报告", height: script.dataset.frame || "640" }));
    return;
  }
  const input = make("input", {
    type: "search", maxlength: "500", required: "", "aria-label": "问报告", placeholder: script.dataset.placeholder || "问报告里的事",
  });
  const button = make("button", {}, "提问");
  const form = make("form", { role: "search" }, input, button);
  const reply = make("div", { role: "status", "aria-live": "polite" });
  root.append(style, form, reply);

  const place = (citation) => {
    const parts = [`《${citation.report.title || citation.report.name}》`, citation.report.unit, ...citation.path.slice(-1)];
    if (citation.page) parts.push(`第 ${citation.page} 页`);
    return make("p", { class: "from" }, parts.filter(Boolean).join(" · "));
  };
  const quote = (citation) => {
    const [from, to] = citation.mark || [0, 0];
    return make("blockquote", {},
      citation.quote.slice(0, from), to > from ? make("mark", {}, citation.quote.slice(from, to)) : null, citation.quote.slice(to), place(citation));
  };
  const show = (answer) => {
    const parts = answer.short ? [make("p", { class: "short" }, answer.short)] : [];
    if (answer.computed) parts.push(make("p", { class: "from" }, answer.items ? "系统清点" : "系统判断，依据是标出的原话"));
    if (answer.items) parts.push(make("ol", {}, ...answer.citations.slice(0, answer.items).map((item) => make("li", {}, item.quote))), place(answer.whole));
    const cited = answer.status === "ambiguous" ? answer.candidates : answer.citations.slice(answer.items);
    if (answer.status !== "answered" || answer.phrased) parts.push(make("p", {}, answer.text));
    parts.push(...cited.map(quote));
    if (answer.note) parts.push(make("p", {}, answer.note));
    reply.replaceChildren(...parts);
  };
  let asked = 0;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const turn = ++asked;
    const question = input.value.trim();
    if (!question) return;
    reply.replaceChildren(make("p", {}, "正在查找…"));
    try {
      const response = await fetch(base + "/api/v1/ask", {
        method: "POST", credentials: "include", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ question }),
      });
      const body = await response.json();
      if (turn !== asked) return;
      if (response.ok) show(body);
      else if (response.status === 401) {
        const link = make("a", { href: base + "/login", target: "_blank", rel: "noopener" }, "登录");
        reply.replaceChildren(make("p", {}, "请先", link, "，再回来提问。"));
      } else reply.replaceChildren(make("p", {}, body.detail || "没有问成，请再试一次。"));
    } catch {
      if (turn === asked) reply.replaceChildren(make("p", {}, "连不上有据的服务，请稍后再试。"));
    }
  });
})();

// Leadger: puts a form where this script stands, in a shadow root, and sends it without leaving the page.
// <script async src="…/embed/leadger.js" data-form="frm_…" data-lang="de"></script>
(async () => {
  const script = document.currentScript;
  const { form: id, lang = document.documentElement.lang, remember } = script.dataset;
  const address = new URL(`../f/${id}`, script.src);
  const visit = { _page: location.href, ...landing(remember) };
  if (!id) return; // on other pages it only remembers where the visitor came in

  const host = document.createElement("div");
  script.after(host);
  const root = host.attachShadow({ mode: "open" });
  try {
    address.search = new URLSearchParams({ fragment: 1, lang });
    show(await (await told(await fetch(address))).text());
  } catch {
    linkTo(address);
  }

  // The page and referrer that the visit began with; browsers may forbid to remember them.
  function landing(remember) {
    let first = [location.href, document.referrer];
    try {
      if (remember != "no") {
        first = JSON.parse(sessionStorage.leadger || null) || first;
        sessionStorage.leadger = JSON.stringify(first);
      }
    } catch {}
    return { _landing: first[0], _referrer: first[1] };
  }

  // A form that is switched off says so in a fragment of its own.
  function told(answer) {
    if (!answer.ok && answer.status != 410) throw answer.status;
    return answer;
  }

  function linkTo(address) {
    address.search = "";
    const link = document.createElement("a");
    link.href = address;
    link.textContent = /^de/.test(lang) ? "Zum Formular" : "Open the form";
    root.replaceChildren(link);
  }

  // Style sheets made by a script are no matter of the page's style-src; a policy for trusted types wants ours named.
  function show(fragment) {
    const [style, html] = fragment.split("</style>");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style.split("<style>")[1]);
    root.adoptedStyleSheets = [sheet];
    const same = (text) => text;
    const rules = { createHTML: same, createScriptURL: same };
    const policy = (window.leadger ??= window.trustedTypes?.createPolicy("leadger", rules));
    root.innerHTML = policy ? policy.createHTML(html) : html;
    const form = root.querySelector("form");
    if (form) enhance(form, policy);
  }

  function enhance(form, policy) {
    const all = (selector) => [...form.querySelectorAll(selector)];
    const words = root.querySelector("[data-words]").dataset.words.split("\n");
    const [sending, tryingAgain, notSent, refused, tooLarge] = words;
    const button = form.querySelector("button");
    const said = form.querySelector(".said");
    const summary = root.querySelector(".errors");
    let busy = false;
    root.firstElementChild.classList.add("alive");
    form.action = address.origin + address.pathname;
    form.addEventListener("input", depend);
    form.addEventListener("submit", send);
    depend();
    all("[data-script]").forEach(load);
    emit("ready", { root, form });

    // What else a form needs: its captcha, uploads. Widgets of captcha providers are drawn where they stand.
    function load({ dataset }) {
      const needed = document.createElement("script");
      const { href } = new URL(dataset.script, script.src);
      needed.src = policy ? policy.createScriptURL(href) : href;
      needed.addEventListener("load", () =>
        all("[data-sitekey]").forEach((each) => window[each.dataset.captcha]?.render(each, { ...each.dataset })),
      );
      document.head.append(needed);
      form.addEventListener("focusin", () => window.leadgerCaptcha?.ready(form));
    }

    function emit(name, detail) {
      return host.dispatchEvent(
        new CustomEvent(`leadger:${name}`, { bubbles: true, composed: true, detail: { form: id, ...detail } }),
      );
    }

    // Fields that depend on another one: hidden ones are disabled, and so not sent. Twice, for those that depend on
    // one further down. Where nothing is ticked, that is "false".
    function depend() {
      for (const group of [...all("[data-if]"), ...all("[data-if]")]) {
        const wanted = group.dataset.equals.trim().toLowerCase();
        const inputs = all("[name]").filter((each) => each.name == group.dataset.if && !each.matches(":disabled"));
        const values = inputs.filter((each) => !/^(radio|checkbox)$/.test(each.type) || each.checked);
        const said = inputs.length && !values.length ? ["false"] : values.map((each) => each.value.trim().toLowerCase());
        group.hidden = group.disabled = !said.includes(wanted);
      }
      all("[data-required]").forEach((each) => (each.required = !each.matches(":disabled")));
    }

    async function send(event) {
      event.preventDefault();
      if (busy) return;
      busy = button.disabled = true;
      said.textContent = sending;
      await window.leadgerCaptcha?.ready(form);
      try {
        await window.leadgerUploads?.(form);
        const body = new FormData(form);
        for (const name in visit) body.set(name, visit[name].slice(0, 2000));
        const answer = await post(body, [1, 3, 9]);
        const told = await answer.json().catch(() => ({}));
        said.textContent = "";
        window.leadgerCaptcha?.renew(form);
        if (answer.ok) sent(told);
        else if (told.errors) complain(told.errors);
        else said.textContent = answer.status == 413 ? tooLarge : refused;
      } catch (error) {
        said.textContent = error?.status == 422 ? tooLarge : notSent;
      }
      busy = button.disabled = false;
    }

    // Sends the same once more, seconds later, where there was no answer or not now; the key in it makes it one.
    async function post(body, pauses) {
      let answer, wait = 0;
      try {
        const headers = { Accept: "application/json" };
        answer = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout?.(40000) });
        if (answer.status < 500 && answer.status != 429) return answer;
        wait = answer.headers.get("Retry-After") | 0;
      } catch {}
      if (!pauses.length) throw answer;
      said.textContent = tryingAgain;
      await new Promise((done) => setTimeout(done, 1000 * Math.max(pauses[0], wait)));
      return post(body, pauses.slice(1));
    }

    function sent({ redirect_url: next, receipt_id }) {
      const thanks = root.querySelector(".thanks");
      emit("sent", { receipt_id });
      if (/^https?:/.test(next)) return location.assign(next);
      root.querySelectorAll("form, .errors, .intro").forEach((each) => each.remove());
      thanks.append(root.querySelector("template").content);
      thanks.focus();
    }

    function complain(errors) {
      all("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
      all(".error").forEach((each) => (each.hidden = true));
      const lines = errors.map(({ field, detail }) => {
        const line = document.createElement("li");
        const place = all("[data-field]").find((each) => each.dataset.field == field);
        const inputs = place ? [...place.querySelectorAll("[name]")] : [];
        if (!inputs.length) return line.append(detail), line;
        const error = place.querySelector(".error");
        error.textContent = detail;
        error.hidden = false;
        inputs.forEach((each) => each.setAttribute("aria-invalid", true));
        const link = document.createElement("a");
        link.href = "#" + inputs[0].id;
        link.textContent = detail;
        link.addEventListener("click", (event) => (event.preventDefault(), inputs[0].focus()));
        line.append(link);
        return line;
      });
      summary.querySelector("ul").replaceChildren(...lines);
      summary.hidden = false;
      summary.focus();
    }
  }
})();

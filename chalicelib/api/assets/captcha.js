"use strict";
// Proof of work for forms: finds the number that an ALTCHA challenge (SHA-256, one iteration) asks for.
// It begins when somebody begins to fill in the form, and holds a post back until it is done.
// Without crypto.subtle (a page without https), or without an answer, the form is sent as it is.
(() => {
  const AT_ONCE = 500; // hashes between two looks at what else the page has to do
  const MOST = 1e6;
  const FRESH = 15 * 60e3; // milliseconds; a challenge is good for 20 minutes
  const subtle = self.crypto && crypto.subtle;
  const found = new WeakMap(); // element → {at, proof, done}: when it was begun, a promise of its end, whether it came
  const held = new WeakSet(); // forms that wait for their proof
  const passed = new WeakSet(); // forms that are being sent

  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const placeOf = (form) => form.querySelector('[data-captcha="altcha"]');

  async function solve(url) {
    const answer = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
    const challenge = await answer.json();
    const asked = challenge.parameters;
    const begin = Uint8Array.of(...bytes(asked.salt), ...bytes(asked.nonce), 0, 0, 0, 0);
    const prefix = bytes(asked.keyPrefix);
    const hash = async (counter) => {
      const data = begin.slice();
      new DataView(data.buffer).setUint32(data.length - 4, counter);
      return new Uint8Array(await subtle.digest("SHA-256", data));
    };
    for (let first = 0; first < MOST; first += AT_ONCE) {
      const keys = await Promise.all(Array.from({ length: AT_ONCE }, (_, step) => hash(first + step)));
      const step = keys.findIndex((key) => prefix.every((byte, place) => key[place] === byte));
      if (step >= 0) {
        const solution = { counter: first + step, derivedKey: hex(keys[step]) };
        return btoa(JSON.stringify({ challenge, solution }));
      }
      await new Promise((go) => setTimeout(go));
    }
    return "";
  }

  const isFresh = (place) => found.has(place) && Date.now() - found.get(place).at < FRESH;

  // Resolves when the form has its proof, or there will be none.
  function ready(form) {
    const place = placeOf(form);
    if (!place || !subtle) return Promise.resolve();
    if (isFresh(place)) return found.get(place).proof;
    const begun = { at: Date.now(), done: false };
    found.set(place, begun);
    begun.proof = solve(place.dataset.challenge).then(
      (text) => {
        const input = place.querySelector("input") || document.createElement("input");
        Object.assign(input, { type: "hidden", name: "_captcha", value: text });
        place.append(input);
        begun.done = true;
      },
      () => found.delete(place)
    );
    return begun.proof;
  }

  // A proof is good for one post; the next one needs another.
  function renew(form) {
    const place = placeOf(form);
    if (place) {
      found.delete(place);
      place.replaceChildren();
    }
  }

  function hold(event) {
    const form = event.target;
    const place = placeOf(form);
    if (!place || !subtle || passed.has(form) || (isFresh(place) && found.get(place).done)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.has(form)) return;
    held.add(form);
    const words = document.createTextNode(place.dataset.working || "");
    place.append(words);
    const send = () => {
      words.remove();
      held.delete(form);
      passed.add(form);
      form.requestSubmit(event.submitter);
      passed.delete(form);
    };
    // not before this event has ended: until then a form cannot be submitted again
    ready(form).finally(() => setTimeout(send));
  }

  const inForm = (event) => event.target.form || (event.target.closest && event.target.closest("form"));
  addEventListener("focusin", (event) => inForm(event) && ready(inForm(event)));
  addEventListener("submit", hold, true);
  addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form").forEach(renew));
  self.leadgerCaptcha = { ready, renew };
  (self.leadgerSteps ??= []).push(ready); // what the embed script waits for before it sends
})();

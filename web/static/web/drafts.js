"use strict";
// A half-written form outlives the end of a session: it is kept in this tab (never in localStorage), encrypted with a
// key that only pages of the same person carry, and comes back when that person has signed in again. Saving, leaving
// the page, signing out and the next person drop it.
(function () {
  const NAME = "refillwise-draft";
  const LONGEST_HOURS = 8;
  const store = window.sessionStorage;
  const isAble = Boolean(window.crypto && window.crypto.subtle);
  const owner = document.body.dataset.draftOwner;
  const place = window.location.pathname + window.location.search;

  function read() {
    try {
      return JSON.parse(store.getItem(NAME));
    } catch (error) {
      return null;
    }
  }
  function write(draft) {
    try {
      store.setItem(NAME, JSON.stringify(draft));
    } catch (error) {
      store.removeItem(NAME); // full: better none than half of one
    }
  }
  function drop() {
    store.removeItem(NAME);
  }

  function bytes(hex) {
    return Uint8Array.from(hex.match(/../g), function (pair) {
      return parseInt(pair, 16);
    });
  }
  function key() {
    return crypto.subtle.importKey("raw", bytes(document.body.dataset.draftKey), "AES-GCM", false, ["encrypt", "decrypt"]);
  }
  function text(buffer) {
    return btoa(Array.from(new Uint8Array(buffer), function (byte) {
      return String.fromCharCode(byte);
    }).join(""));
  }
  function buffer(base64) {
    return Uint8Array.from(atob(base64), function (letter) {
      return letter.charCodeAt(0);
    });
  }

  // --- Which forms, and what of them -------------------------------------------------------------------

  function forms() {
    return Array.from(document.querySelectorAll("main form")).filter(function (form) {
      return form.method === "post" && !form.querySelector("[type=password]") && !form.hasAttribute("data-no-draft");
    });
  }
  function isKept(control) {
    if (!control.name || control.disabled || control.readOnly || control.name === "csrfmiddlewaretoken") {
      return false;
    }
    return control.type !== "hidden" || control.name.endsWith("-TOTAL_FORMS")
      ? !["file", "password", "submit", "button", "image", "reset"].includes(control.type)
      : false;
  }
  function valueOf(control) {
    if (control.type === "checkbox" || control.type === "radio") {
      return control.checked;
    }
    return control.multiple
      ? Array.from(control.selectedOptions, function (option) {
        return option.value;
      })
      : control.value;
  }
  // Several controls of one name (boxes, radios) are told apart by their value.
  function nameOf(control) {
    const isChoice = control.type === "checkbox" || control.type === "radio";
    return isChoice ? control.name + "=" + control.value : control.name;
  }
  function contents() {
    return forms().map(function (form) {
      return Array.from(form.elements).filter(isKept).map(function (control) {
        return [nameOf(control), valueOf(control)];
      });
    });
  }

  // --- Keeping ---------------------------------------------------------------------------------------------

  let timer = 0;
  let last = Promise.resolve();
  function keep() {
    timer = 0;
    const plain = new TextEncoder().encode(JSON.stringify(contents()));
    const start = crypto.getRandomValues(new Uint8Array(12));
    last = key().then(function (found) {
      return crypto.subtle.encrypt({ name: "AES-GCM", iv: start }, found, plain);
    }).then(function (secret) {
      write({ owner: owner, place: place, at: Date.now(), iv: text(start), secret: text(secret), ended: false });
    }, function () {});
    return last;
  }
  // Whoever leads away because the session has ended waits for this: what was typed last counts too.
  window.refillwiseDrafts = {
    kept: function () {
      return timer ? (window.clearTimeout(timer), keep()) : last;
    },
  };

  // --- Bringing back -----------------------------------------------------------------------------------------

  function setValue(control, value) {
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = value;
    } else if (control.multiple) {
      Array.from(control.options).forEach(function (option) {
        option.selected = value.includes(option.value);
      });
    } else if (control.tagName !== "SELECT" || control.querySelector('option[value="' + CSS.escape(value) + '"]')) {
      control.value = value;
    }
  }
  function fill(form, saved) {
    const values = new Map(saved);
    values.forEach(function (wanted, name) {
      const total = name.endsWith("-TOTAL_FORMS") ? form.elements[name] : null;
      const prefix = name.replace("-TOTAL_FORMS", "");
      const add = total && form.querySelector('[data-row-prefix="' + CSS.escape(prefix) + '"]');
      for (let more = add ? Number(wanted) - Number(total.value) : 0; more > 0; more -= 1) {
        add.click();
      }
    });
    let changed = 0;
    Array.from(form.elements).filter(isKept).forEach(function (control) {
      const name = nameOf(control);
      if (control.type !== "hidden" && values.has(name) && JSON.stringify(valueOf(control)) !== JSON.stringify(values.get(name))) {
        setValue(control, values.get(name));
        changed += 1;
        control.dispatchEvent(new Event("input", { bubbles: true }));
        control.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    return changed;
  }
  function bringBack(draft) {
    key().then(function (found) {
      return crypto.subtle.decrypt({ name: "AES-GCM", iv: buffer(draft.iv) }, found, buffer(draft.secret));
    }).then(function (plain) {
      const saved = JSON.parse(new TextDecoder().decode(plain));
      const here = forms();
      if (saved.length === here.length && here.reduce(function (sum, form, number) {
        return sum + fill(form, saved[number]);
      }, 0)) {
        const note = document.getElementById("draft-note");
        note.hidden = false;
        note.focus();
        keep();
      }
    }, drop);
  }

  // --- The page that was opened ------------------------------------------------------------------------------

  const draft = read();
  const isDoor = document.querySelector("[data-door]") !== null;
  if (draft && Date.now() - draft.at > LONGEST_HOURS * 3600000) {
    drop();
  } else if (draft && isDoor) {
    // The session has ended, or asks for its person again: afterwards on with the form, not with where it was sent.
    write(Object.assign(draft, { ended: true }));
    document.querySelectorAll("main form").forEach(function (form) {
      if (form.method === "post" && !form.action.endsWith("/logout/")) {
        const next = form.elements.next || form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "next" }));
        next.value = draft.place;
      }
    });
  } else if (draft && owner) {
    // Between the door and the form there may be other pages: the draft waits until its own is opened.
    if (draft.owner !== owner || !draft.ended) {
      drop();
    } else if (draft.place === place && isAble) {
      drop();
      document.addEventListener("DOMContentLoaded", function () {
        bringBack(draft);
      });
    }
  }

  if (owner && isAble) {
    // A form that came back to be corrected is half-written too.
    if (document.querySelector("main .error-summary") && forms().length) {
      keep();
    }
    document.addEventListener("input", function (event) {
      const form = event.target.form;
      if (form && forms().includes(form)) {
        window.clearTimeout(timer);
        timer = window.setTimeout(keep, 300);
      }
    });
  }
  document.addEventListener("submit", function (event) {
    if (event.target.action.endsWith("/accounts/logout/")) {
      window.clearTimeout(timer);
      drop();
    }
  });
})();

"use strict";
// What htmx and the browser do not do by themselves: the focus on what went wrong, one submission per press,
// printing, and copying a link.
(function () {
  function focusFirst(root) {
    const target = root.querySelector("[data-focus]");
    if (target) {
      target.focus();
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    // On a phone the tabs run out of the screen: the one that is open is to be seen.
    document.querySelectorAll(".nav-tabs .active").forEach(function (tab) {
      // Not scrollIntoView: the Tab key would go on from there and not from the top of the page.
      const list = tab.closest(".nav-tabs");
      list.scrollLeft += tab.getBoundingClientRect().left - list.getBoundingClientRect().left - (list.clientWidth - tab.offsetWidth) / 2;
    });
    focusFirst(document);
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    focusFirst(event.target);
  });

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  // Back from another page: the form may be sent again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });

  // The idle time-out counts what a person does, also between requests: typing keeps the session alive, two
  // minutes before the end there is a warning to answer, and after it nothing about patients stays on the screen.
  const WARNING = 120;
  const idleSeconds = Number(document.body.dataset.idleSeconds);
  if (idleSeconds > 0) {
    const warning = document.getElementById("idle-warning");
    const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    let kept = Date.now();
    let isAtWork = false;

    function leave() {
      const here = window.location.pathname + window.location.search;
      window.refillwiseDrafts.kept().then(function () {
        window.location.assign(document.body.dataset.signIn + "?next=" + encodeURIComponent(here));
      });
    }
    function stay() {
      isAtWork = false;
      fetch(document.body.dataset.stillHere, { method: "POST", headers: { "X-CSRFToken": csrf } }).then(
        function (answer) {
          if (answer.status === 204) {
            kept = Date.now();
            warning.hidden = true;
          } else {
            leave();
          }
        },
        function () {},
      );
    }
    function look() {
      const idle = (Date.now() - kept) / 1000;
      if (idle > idleSeconds) {
        leave();
      } else if (isAtWork && idle > Math.min(60, idleSeconds / 4)) {
        stay();
      } else {
        warning.hidden = idle < idleSeconds - Math.min(WARNING, idleSeconds / 2);
      }
    }
    ["keydown", "input", "pointerdown"].forEach(function (kind) {
      document.addEventListener(kind, function () {
        isAtWork = true;
      });
    });
    document.addEventListener("htmx:afterRequest", function () {
      kept = Date.now();
    });
    document.addEventListener("visibilitychange", look);
    window.setInterval(look, Math.min(10, idleSeconds / 8) * 1000);
    warning.querySelector("[data-stay]").addEventListener("click", stay);
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) {
      window.print();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select(); // where the browser does not let us copy, it can be copied by hand
      navigator.clipboard?.writeText(field.value).then(
        function () {
          copy.textContent = copy.dataset.copied;
        },
        function () {}
      );
    }
  });
})();

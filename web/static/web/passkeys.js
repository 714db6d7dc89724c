"use strict";
// Passkeys: a form that says which ceremony it needs gets the browser's answer into its hidden field before it is
// sent. Forms are hidden until it is known that this browser can; what people cancel is told at the form.
(function () {
  function optionsOf(form) {
    if (form.dataset.passkey !== "login") {
      return Promise.resolve(JSON.parse(form.dataset.options));
    }
    return fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } }).then(
      function (answer) {
        if (!answer.ok) {
          throw new Error("no options");
        }
        return answer.json();
      },
    ).then(function (data) {
      return data.request_options;
    });
  }

  function create(form, options) {
    const alone = form.elements.passwordless.checked;
    const wanted = options.publicKey.authenticatorSelection;
    wanted.residentKey = alone ? "required" : "discouraged";
    wanted.requireResidentKey = alone;
    if (alone) {
      wanted.userVerification = "required";
    }
    return window.webauthnJSON.create(options);
  }

  function ask(form) {
    return optionsOf(form).then(function (options) {
      return form.dataset.passkey === "create" ? create(form, options) : window.webauthnJSON.get(options);
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    const isAble = window.webauthnJSON.supported();
    document.querySelectorAll("form[data-passkey]").forEach(function (form) {
      form.hidden = !isAble;
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        event.stopPropagation(); // asked again after a refusal: the page's lock on a second submission is not for this
        const failed = form.querySelector("[data-passkey-failed]");
        failed.hidden = true;
        ask(form).then(
          function (credential) {
            form.elements.credential.value = JSON.stringify(credential);
            form.submit();
          },
          function () {
            failed.hidden = false;
          },
        );
      });
    });
    document.querySelectorAll("[data-passkey-unable]").forEach(function (line) {
      line.hidden = isAble;
    });
  });
})();

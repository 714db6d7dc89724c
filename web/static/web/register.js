"use strict";
// A file that the server would refuse for its size is refused before it is sent.
(function () {
  function isTooLarge(field) {
    return Array.from(field.files).some(function (file) {
      return file.size > Number(field.dataset.maxBytes);
    });
  }

  document.addEventListener("change", function (event) {
    const field = event.target;
    if (field.matches("input[type=file][data-max-bytes]")) {
      field.setCustomValidity(isTooLarge(field) ? field.dataset.tooLarge : "");
      field.reportValidity();
    }
  });
  document.addEventListener(
    "submit",
    function (event) {
      const field = event.target.querySelector("input[type=file][data-max-bytes]");
      if (field && !field.reportValidity()) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );
})();

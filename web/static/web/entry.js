"use strict";
// Rows that can be added and removed, parts that belong to one choice, and the bridge that a change of
// concentration asks for. Without this script every part is shown and the server sorts out what counts.
(function () {
  function changed() {
    document.body.dispatchEvent(new Event("rows-changed"));
  }

  function addRow(button) {
    const box = document.getElementById(button.dataset.rowAdd);
    const total = document.querySelector(`[name="${button.dataset.rowPrefix}-TOTAL_FORMS"]`);
    const markup = document.getElementById(button.dataset.rowTemplate).innerHTML;
    box.insertAdjacentHTML("beforeend", markup.replaceAll("__prefix__", total.value));
    total.value = String(Number(total.value) + 1);
    const first = box.lastElementChild.querySelector("select, input");
    if (first) {
      first.focus();
    }
    changed();
  }

  // An empty row does not count, so a removed one is emptied and hidden and the numbering stays whole.
  function removeRow(row) {
    row.querySelectorAll("input, select").forEach(function (control) {
      if (control.type === "checkbox") {
        control.checked = false;
      } else {
        control.value = "";
      }
    });
    const box = row.parentElement;
    row.hidden = true;
    const next = box.parentElement.querySelector(`[data-row-add="${box.id}"]`);
    if (next) {
      next.focus();
    }
    changed();
  }

  function showParts() {
    document.querySelectorAll("[data-show-for]").forEach(function (part) {
      const chosen = document.querySelector(`[name="${part.dataset.showOf}"]:checked`);
      const isShown = Boolean(chosen) && part.dataset.showFor.split(" ").includes(chosen.value);
      part.hidden = !isShown;
      part.disabled = !isShown;
    });
  }

  function showBridge(isAsked) {
    document.querySelectorAll("[data-bridge-fields]").forEach(function (part) {
      part.hidden = !isAsked;
      part.disabled = !isAsked;
    });
  }

  document.addEventListener("click", function (event) {
    const add = event.target.closest("[data-row-add]");
    if (add) {
      addRow(add);
    }
    const remove = event.target.closest("[data-row-remove]");
    if (remove) {
      removeRow(remove.closest("[data-row]"));
    }
  });
  document.addEventListener("change", showParts);
  document.addEventListener("htmx:afterSettle", function () {
    const says = document.querySelector("[data-bridge]");
    if (says) {
      showBridge(says.dataset.bridge === "yes");
    }
  });
  document.addEventListener("DOMContentLoaded", function () {
    document.documentElement.classList.add("has-script");
    showParts();
    const fields = document.querySelector("[data-bridge-fields]");
    if (fields) {
      const volume = fields.querySelector("input");
      showBridge(Boolean(volume && volume.value) || Boolean(fields.querySelector("[aria-invalid]")));
    }
  });
})();

"use strict";
// Says whose time a page shows, where the clock of the reader's device differs from the clinic's on that day.
(function () {
  function wall(instant, zone) {
    return new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "short",
    }).format(instant);
  }

  document.querySelectorAll("[data-clinic-zone]").forEach(function (note) {
    const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const noon = new Date((note.dataset.on || new Date().toISOString().slice(0, 10)) + "T12:00:00Z");
    let differs = false;
    try {
      differs = wall(noon, mine) !== wall(noon, note.dataset.clinicZone);
    } catch {
      differs = mine !== note.dataset.clinicZone; // a zone that this browser does not know
    }
    if (differs) {
      note.textContent = note.dataset.words.replace("%zone%", mine);
      note.hidden = false;
    }
  });
})();

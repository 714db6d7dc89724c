"use strict";
// The grid of the calendar page. The server decides everything: which days and hours, what stands in them, and
// whether a visit may be moved. Times come as the clinic's clock shows them and are drawn as they are ("UTC" below
// means: no time zone is worked out here), so clock changes and the reader's own zone cannot shift them.
(function () {
  const isPhone = window.matchMedia("(max-width: 40rem)").matches;
  const list = document.querySelector("[data-wide]");
  if (list && !isPhone) {
    window.location.replace(list.dataset.wide); // nobody chose a view: here is room for the week
  }
  const root = document.getElementById("calendar");
  if (!root) {
    return;
  }
  const settings = JSON.parse(document.getElementById("calendar-settings").textContent);
  const words = settings.words;
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const panel = document.getElementById("calendar-said");
  const heard = document.getElementById("calendar-heard");
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  let isLoaded = false;

  // --- What is said ------------------------------------------------------------------------------------------

  function make(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    if (text) {
      element.textContent = text;
    }
    return element;
  }

  function icon(name) {
    const sign = make("i", "bi bi-" + name);
    sign.setAttribute("aria-hidden", "true");
    return sign;
  }

  function button(label, className, press) {
    const made = make("button", "btn btn-sm " + className, label);
    made.type = "button";
    made.addEventListener("click", press);
    return made;
  }

  function hush() {
    panel.hidden = true;
    panel.replaceChildren();
  }

  // A note above the grid with what can be done about it. A refusal takes the focus, so that it is read and its
  // times can be chosen by keyboard; a success is only announced.
  function say(text, isRefusal, buttons, isWarning) {
    const line = make("p", "calendar-said-text");
    line.append(icon(isRefusal || isWarning ? "exclamation-triangle-fill" : "check-circle-fill"), " " + text);
    panel.className = "calendar-said alert alert-" + (isRefusal ? "danger" : isWarning ? "warning" : "success");
    panel.replaceChildren(line);
    const row = make("div", "calendar-said-buttons");
    row.append(...buttons, button(words.close, "btn-link", hush));
    panel.append(row);
    panel.hidden = false;
    heard.textContent = text;
    if (isRefusal) {
      panel.focus();
    }
  }

  // --- Fetching only what is in view -------------------------------------------------------------------------

  function load(asked, succeed, fail) {
    const query = "&start=" + asked.startStr.slice(0, 10) + "&end=" + asked.endStr.slice(0, 10);
    fetch(settings.feed + query, { headers: { Accept: "application/json" } })
      .then(function (answer) {
        if (answer.redirected) {
          window.location.reload(); // the session has ended: the page asks to sign in
        }
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        return answer.json();
      })
      .then(function (found) {
        isLoaded = true;
        widen(found.events);
        succeed(found.events.map(dressed));
        root.dataset.loaded = String(found.events.length);
      })
      .catch(function (error) {
        say(words.notLoaded, true, [
          button(words.again, "btn-outline-primary", function () {
            hush();
            grid.refetchEvents();
          }),
        ]);
        fail(error);
      });
  }

  // A visit outside the usual hours is never cut off: the hours of the grid grow. Notes take a row where there are.
  function widen(events) {
    const hasNotes = events.some(function (event) {
      return event.allDay;
    });
    if (grid.getOption("allDaySlot") !== hasNotes) {
      window.setTimeout(function () {
        grid.setOption("allDaySlot", hasNotes);
      });
    }
    let earliest = settings.earliest;
    let latest = settings.latest;
    events.forEach(function (event) {
      if (event.display !== "background" && !event.allDay) {
        const end = event.end.slice(0, 10) > event.start.slice(0, 10) ? "24:00" : event.end.slice(11, 16);
        earliest = event.start.slice(11, 16) < earliest ? event.start.slice(11, 14) + "00" : earliest;
        latest = end > latest ? end : latest;
      }
    });
    if (earliest !== settings.earliest || latest !== settings.latest) {
      settings.earliest = earliest;
      settings.latest = latest;
      window.setTimeout(function () {
        grid.setOption("slotMinTime", earliest + ":00");
        grid.setOption("slotMaxTime", latest + ":00");
      });
    }
  }

  // --- Moving ------------------------------------------------------------------------------------------------

  function post(url, fields) {
    const body = new URLSearchParams(fields);
    return fetch(url, {
      method: "POST",
      body: body,
      headers: { Accept: "application/json", "X-CSRFToken": csrf },
    }).then(function (answer) {
      if (answer.redirected) {
        window.location.reload();
      }
      return answer.json().then(function (said) {
        return { isDone: answer.ok, said: said };
      });
    });
  }

  function move(url, fields, revert, said) {
    hush();
    root.classList.add("is-busy");
    return post(url, fields)
      .then(
        function (answer) {
          if (answer.isDone) {
            moved(url, answer.said, said);
          } else {
            revert();
            refused(url, answer.said);
          }
        },
        function () {
          revert();
          say(words.refused + " " + words.failed, true, []);
        },
      )
      .finally(function () {
        root.classList.remove("is-busy");
        grid.refetchEvents();
      });
  }

  function moved(url, answer, said) {
    const undo = answer.undo
      ? [
          button(words.undo, "btn-outline-secondary", function () {
            move(url, answer.undo, function () {}, words.undone);
          }),
        ]
      : [];
    say([said || answer.said, answer.warning].filter(Boolean).join(" "), false, said ? [] : undo, answer.warning);
  }

  function refused(url, answer) {
    const times = (answer.alternatives || []).map(function (time) {
      return button(time.label, "btn-outline-primary", function () {
        move(url, time.fields, function () {});
      });
    });
    const why = answer.said || words.failed;
    say(words.refused + " " + why + (times.length ? " " + words.free + ":" : ""), true, times);
  }

  function dropped(info) {
    const visit = info.event.extendedProps;
    const fields = {
      local_on: info.event.startStr.slice(0, 10),
      local_at: info.event.startStr.slice(11, 16),
      sequence: visit.sequence,
    };
    if (info.event.allDay) {
      info.revert(); // above the hours there is no time of day
      return;
    }
    move(visit.move, fields, info.revert);
  }

  // --- Booking -----------------------------------------------------------------------------------------------

  function pressed(info) {
    const day = info.dateStr.slice(0, 10);
    if (info.view.type === "dayGridMonth") {
      window.location.assign(settings.dayUrl.replace(/date=[\d-]+/, "date=" + day));
      return;
    }
    if (!settings.bookUrl || info.allDay) {
      return;
    }
    const query = new URLSearchParams({ on: day, at: info.dateStr.slice(11, 16) });
    ["nurse", "room"].forEach(function (name) {
      if (settings[name]) {
        query.set(name, settings[name]);
      }
    });
    window.location.assign(settings.bookUrl + "?" + query);
  }

  // --- How things look ---------------------------------------------------------------------------------------

  // A quarter of an hour has room for its start only.
  function shownTime(visit) {
    return visit.minutes < 30 ? visit.time.slice(0, 5) : visit.time;
  }

  // The text is the entry's name for a screen reader too: what the eye sees from the place is written, hidden.
  function content(info) {
    const visit = info.event.extendedProps;
    if (!visit.status) {
      const label = make("span", "cal-label", info.event.title);
      if (visit.day) {
        label.prepend(make("span", "visually-hidden", visit.day + ": "));
      }
      return { domNodes: [label] };
    }
    const first = make("span", "cal-line");
    first.append(make("span", "visually-hidden", visit.day + ", "), icon(visit.statusIcon), " " + shownTime(visit) + " ");
    if (visit.isOverbooked) {
      first.append(icon("layers-fill"), " ");
    }
    if (visit.answerIcon) {
      first.append(icon(visit.answerIcon), " ");
    }
    const name = make("strong", "cal-name", info.event.title);
    const rest = [visit.kind, visit.statusLabel, visit.answer, visit.isOverbooked ? words.overbooked : "", visit.with];
    const more = make("span", "cal-more", rest.filter(Boolean).join(" · "));
    if (visit.conflict) {
      const warning = icon("exclamation-triangle-fill");
      warning.classList.add("cal-warning");
      first.append(warning);
      more.append(make("span", "visually-hidden", " · " + visit.conflict));
    }
    const whole = make("div", "cal-text");
    whole.append(first, name, " ", more);
    return { domNodes: [whole] };
  }

  function dressed(event) {
    const visit = event.extendedProps;
    if (visit.shade) {
      event.className = "cal-shade cal-shade-" + visit.shade;
    } else if (visit.status) {
      const length = visit.minutes < 30 ? " cal-tiny" : visit.minutes < 45 ? " cal-short" : "";
      event.className = "cal-visit visit-" + visit.status + length + (visit.conflict ? " cal-conflict" : "");
    } else {
      event.className = visit.away ? "cal-away" : "cal-count";
    }
    return event;
  }

  function placed(info) {
    const sentence = info.event.extendedProps.sentence;
    if (sentence) {
      info.el.title = sentence;
    }
  }

  // The day stands in the text of each entry; a name of the cell's own would hide what is in it.
  function unnamed(info) {
    info.el.removeAttribute("aria-label");
  }

  const grid = new FullCalendar.Calendar(root, {
    initialView: isPhone ? settings.phoneView : settings.view,
    initialDate: settings.date,
    timeZone: "UTC",
    now: settings.now + "Z",
    nowIndicator: true,
    nowIndicatorLineClass: "cal-now",
    locale: settings.language,
    firstDay: settings.firstDay,
    hiddenDays: settings.hiddenDays,
    headerToolbar: false,
    fixedWeekCount: false,
    height: "auto",
    slotMinTime: settings.earliest + ":00",
    slotMaxTime: settings.latest + ":00",
    slotDuration: "00:30:00",
    snapDuration: { minutes: settings.minutes },
    slotHeaderFormat: clock,
    eventTimeFormat: clock,
    dayHeaderFormat: settings.view === "dayGridMonth" ? { weekday: "short" } : { weekday: "short", day: "numeric", month: "short" },
    allDayText: words.allDay,
    noEventsContent: words.noVisits,
    allDaySlot: false,
    eventDurationEditable: false,
    eventOverlap: true,
    slotEventOverlap: false,
    slotMinHeight: 40,
    eventMinHeight: 20,
    dragRevertDuration: 200,
    lazyFetching: false,
    events: load,
    eventContent: content,
    eventDidMount: placed,
    backgroundEventContent: content,
    dayCellDidMount: unnamed,
    eventDrop: dropped,
    dateClick: pressed,
  });
  root.closest(".calendar-grid").classList.add("is-drawn");
  grid.render();

  // Fresh when one comes back to it. There is no polling: it would keep a session alive that nobody uses.
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden && isLoaded) {
      grid.refetchEvents();
    }
  });
})();

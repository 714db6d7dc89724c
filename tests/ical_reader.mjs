// Reads calendars with ical.js in strict mode: one JSON request a line on stdin, one answer a line on stdout.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

const moment = (time) =>
  time.isDate ? time.toString() : time.toUnixTime();

const value = (component, name) => {
  const found = component.getAllProperties(name);
  if (found.length > 1) throw new Error(`${name} stands ${found.length} times`);
  return found.length ? found[0].getFirstValue() : null;
};

const read = ({ text, walls = [] }) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  const zones = calendar.getAllSubcomponents("vtimezone").map((zone) => new ICAL.Timezone(zone));
  zones.forEach((zone) => ICAL.TimezoneService.register(zone));
  return {
    method: value(calendar, "method"),
    name: value(calendar, "name"),
    properties: calendar.getAllProperties().map((property) => property.name),
    zones: zones.map((zone) => zone.tzid),
    components: calendar.getAllSubcomponents().map((component) => component.name),
    events: calendar.getAllSubcomponents("vevent").map((event) => ({
      uid: value(event, "uid"),
      sequence: value(event, "sequence"),
      stamp: moment(value(event, "dtstamp")),
      start: moment(value(event, "dtstart")),
      end: moment(value(event, "dtend")),
      summary: value(event, "summary"),
      location: value(event, "location"),
      description: value(event, "description"),
      url: value(event, "url"),
      status: value(event, "status"),
      transparency: value(event, "transp"),
      organizer: value(event, "organizer"),
      attendee: value(event, "attendee"),
      properties: event.getAllProperties().map((property) => property.name).sort(),
      components: event.getAllSubcomponents().length,
    })),
    instants: walls.map((wall) => {
      const time = ICAL.Time.fromDateTimeString(wall);
      time.zone = zones[0];
      return time.toUnixTime();
    }),
  };
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = read(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

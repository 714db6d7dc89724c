"""Pages for patients, by secret link: no account, no JavaScript, in the patient's own language."""

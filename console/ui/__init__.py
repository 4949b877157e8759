"""The console: screens over the mirror and the journal. The only room that loads Textual."""

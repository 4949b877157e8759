"""The watcher: keeps the mirror, scores what arrives and carries out the desk's commands."""

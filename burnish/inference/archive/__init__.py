"""Archive mode: a folder through a model with a plan, a journal and a report, however often the run
dies.

`plan` looks before the work, `journal` remembers, `worker` does the work in a process of its own,
`run` drives it, `report` says what became of all files, `sidecar` how one result came about, and
`undo` takes all of it back.
"""

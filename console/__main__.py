"""`python -m console` is `riskdesk`."""

from console.cli import main

raise SystemExit(main())

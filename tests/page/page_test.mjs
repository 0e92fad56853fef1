// The page in a browser:  NTAN_PAGE_MODULES=… node page_test.mjs BUNDLE [WORD of a case's name …]

import "./cases_states.mjs";
import "./cases_views.mjs";
import "./cases_limits.mjs";
import "./cases_modules.mjs";
import { run } from "./harness.mjs";

process.exit(await run(process.argv.slice(3)));

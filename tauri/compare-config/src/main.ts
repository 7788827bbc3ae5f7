import { mount } from "svelte";

import App from "./App.svelte";
import "./app.css";
import { remembered } from "./state/remembered.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no element with the id app");
await remembered.load();
mount(App, { target });

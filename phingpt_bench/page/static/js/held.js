// What the page holds, as the program wrote it.

export const held = JSON.parse(document.getElementById("data").textContent);

// A file goes up in pieces, each as short as any other request; nothing inline, and no library.
"use strict";

document.querySelectorAll("[data-upload]").forEach((form) => {
  const bar = form.querySelector("progress");
  const said = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  // the theme writes the file's name into a text field beside its own file fields, and stumbled where there is none
  form.elements.file.hasChangeListener = true;

  const post = async (address, body, type) => {
    const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    if (type) headers["Content-Type"] = type;
    const answer = await fetch(address, { method: "POST", body, headers });
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(told.why || form.dataset.failed), { told: Boolean(told.why) });
    return told;
  };

  // the line may be down for a moment
  const again = async (deed) => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await deed();
      } catch (error) {
        if (error.told || tried === 4) throw error;
        await new Promise((go) => setTimeout(go, 1000 * tried));
      }
    }
  };

  const upload = async (file) => {
    const asked = { brings: form.elements.brings.value, file_name: file.name, size: String(file.size) };
    const room = await post(form.action, new URLSearchParams(asked));
    for (let number = 0; number < room.pieces; number += 1) {
      const piece = file.slice(number * room.size, (number + 1) * room.size);
      await again(() => post(`${room.piece}${number}/`, piece, "application/octet-stream"));
      bar.value = (100 * (number + 1)) / room.pieces;
    }
    location.assign((await again(() => post(room.look, ""))).url);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.hidden = true;
    bar.hidden = false;
    try {
      await upload(form.elements.file.files[0]);
    } catch (error) {
      said.textContent = error.told ? error.message : form.dataset.failed;
      said.hidden = false;
      button.disabled = false;
    }
  });
});

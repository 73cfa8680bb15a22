// Files too large for a post: each is uploaded by itself, and its id takes its place in the form.
// The embed script calls it before it sends. Throws the answer where one was refused.
window.leadgerUploads = async (form) => {
  const inputs = [...form.querySelectorAll("input[type=file]:enabled")];
  const files = inputs.flatMap((each) => [...each.files]);
  if (files.reduce((sum, each) => sum + each.size, 0) < 3.5e6) return; // they come along with everything else

  const post = async (url, body) => {
    const answer = await fetch(url, { method: "POST", body });
    if (!answer.ok) throw answer;
    return answer;
  };
  const ids = [];
  for (const file of files) {
    const asked = JSON.stringify({ name: file.name, size: file.size });
    const { id, upload } = await (await post(`${form.action}/uploads`, asked)).json();
    const body = new FormData();
    for (const name in upload.fields) body.append(name, upload.fields[name]);
    body.append("file", file);
    await post(upload.url, body);
    ids.push(id);
  }
  for (const value of ids) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_upload", value }));
  }
  for (const each of inputs) each.value = "";
};

// What a TypeScript program does with the generated types: `create_list_get.js ADDRESS KEY`; prints what it got.
import createClient from "openapi-fetch";
import type { components, paths } from "./leadger.js";

const [address, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${key}` } });

const wanted: components["schemas"]["LeadCreate"] = {
  name: "Änne Öztürk",
  phone: "0176 04069012",
  emails: ["aenne@example.de"],
  amount: { amount: "12500", currency: "EUR" },
  address: { city: "Köln", country: "DE" },
  tags: ["messe-2026"],
};
const created = await client.POST("/v1/leads", {
  params: { query: { on_duplicate: "create" }, header: { "Idempotency-Key": "k-1" } },
  body: wanted,
});
if (!created.data) throw new Error(created.error.detail);
const listed = await client.GET("/v1/leads", { params: { query: { limit: 10 } } });
if (!listed.data) throw new Error(listed.error.detail);
const got = await client.GET("/v1/leads/{lead_id}", { params: { path: { lead_id: created.data.id } } });
if (!got.data) throw new Error(got.error?.detail);
const refused = await client.POST("/v1/leads", { body: { email: "kein" } });

// @ts-expect-error a field that does not exist is found when it is compiled
const misspelt: components["schemas"]["LeadCreate"] = { nmae: "x" };
void misspelt;

console.log(
  JSON.stringify({
    created: [created.data.id, created.data.outcome, created.data.name],
    listed: listed.data.data.map((lead) => lead.id),
    got: [
      got.data.id,
      got.data.version,
      got.data.phones?.[0].e164,
      got.data.emails?.[0].address,
      got.data.amount,
      got.data.address?.city,
    ],
    refused: [refused.error?.code, refused.error?.errors?.[0].pointer],
  }),
);

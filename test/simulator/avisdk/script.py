"""Drives a simulated controller with Avi's own Python client; prints one JSON line a check."""

import json
import os
import sys

import requests
from avi.sdk.avi_api import ApiSession, APIError, ObjectNotFound

URL, USERNAME, PASSWORD = (os.environ[name] for name in ("AVI_URL", "AVI_USERNAME", "AVI_PASSWORD"))


def report(check, ok, detail=None):
    print(json.dumps({"check": check, "ok": bool(ok), "detail": detail}))


def connect(tenant="admin", password=PASSWORD):
    return ApiSession(URL, USERNAME, password, tenant=tenant, api_version="30.2.1")


def create(api):
    body = {
        "name": "sdk-pool",
        "lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN",
        "servers": [{"ip": {"addr": "127.0.0.1", "type": "V4"}, "port": 8081}],
        "health_monitor_refs": ["/api/healthmonitor/?name=System-TCP"],
    }
    reply = api.post("pool", data=body)
    pool = reply.json()
    report("create answers 201", reply.status_code == 201, reply.status_code)
    report("create fills defaults", pool["max_concurrent_connections_per_server"] == 0 and pool["enabled"] is True)
    report("create appends names to references", pool["health_monitor_refs"][0].endswith("#System-TCP"))
    report("create takes a wanted uuid", api.post("pool", data={"name": "sdk-forced"}, force_uuid="pool-force-42").json()["uuid"] == "pool-force-42")
    duplicate = api.post("pool", data={"name": "sdk-pool"})
    report("a second object of that name is refused", duplicate.status_code == 409, duplicate.text)
    return pool


def read(api, pool):
    for number in range(30):
        api.post("stringgroup", data={"name": "sdk-group-%02d" % number, "type": "SG_TYPE_STRING"})
    found = [group["name"] for group in api.get_objects_iter("stringgroup", params={"page_size": 7})]
    report("the iterator walks all pages", found == ["sdk-group-%02d" % number for number in range(30)], len(found))
    report("an object is found by name", api.get_object_by_name("pool", "sdk-pool")["uuid"] == pool["uuid"])
    report("an unknown name is not found", api.get_object_by_name("pool", "nobody") is None)
    contains = api.get("pool", params={"name.contains": "forced", "include_name": "true"}).json()
    report("filter by part of the name", contains["count"] == 1 and contains["results"][0]["url"].endswith("#sdk-forced"))
    refers = api.get("pool", params={"refers_to": "healthmonitor:" + monitor_uuid(api)}).json()
    report("filter by reference", [entry["name"] for entry in refers["results"]] == ["sdk-pool"], refers["count"])
    projected = api.get("pool/" + pool["uuid"], params={"fields": "lb_algorithm"}).json()
    report("projection", sorted(projected) == ["lb_algorithm", "name", "url", "uuid"], sorted(projected))
    missing = api.get("abcd")
    report("an unknown type answers 404", missing.status_code == 404, missing.text)


def monitor_uuid(api):
    return api.get_object_by_name("healthmonitor", "System-TCP")["uuid"]


def update(api, pool):
    body = api.get("pool/" + pool["uuid"]).json()
    body["description"] = "changed"
    reply = api.put("pool/" + pool["uuid"], data=body)
    report("a body that was read can be put back", reply.status_code == 200, reply.text[:300])
    report("update moves _last_modified", reply.json()["_last_modified"] != body["_last_modified"])
    stale = api.put("pool/" + pool["uuid"], data=body)
    report("a stale body is refused", stale.status_code == 412, stale.text)
    by_name = api.put_by_name("pool", "sdk-pool", data={"name": "sdk-pool", "lb_algorithm": "LB_ALGORITHM_RANDOM"})
    report("update by name replaces all", by_name.json().get("servers") is None and by_name.json()["lb_algorithm"] == "LB_ALGORITHM_RANDOM")


def patch(api, pool):
    server = {"ip": {"addr": "127.0.0.2", "type": "V4"}, "port": 8082}
    path = "pool/" + pool["uuid"]
    added = api.patch(path, data={"add": {"servers": [server]}}).json()
    report("patch add", [entry["ip"]["addr"] for entry in added["servers"]] == ["127.0.0.2"])
    replaced = api.patch(path, data={"replace": {"description": "patched"}}).json()
    report("patch replace", replaced["description"] == "patched" and len(replaced["servers"]) == 1)
    deleted = api.patch(path, data={"delete": {"servers": [{"ip": server["ip"]}]}}).json()
    report("patch delete", not deleted.get("servers"), deleted.get("servers"))


def refusals(api):
    wrong = api.post("pool", data={"name": "sdk-wrong", "lb_algorithm": "NONSENSE"})
    report("a wrong value names its field", wrong.status_code == 400 and "lb_algorithm" in wrong.text, wrong.text)
    try:
        connect(password="wrong").get("pool")
        report("a wrong password is refused", False)
    except APIError as error:
        report("a wrong password is refused", "Invalid credentials" in str(error), str(error))


def delete(api, pool):
    group = api.post("poolgroup", data={"name": "sdk-group", "members": [{"pool_ref": pool["url"]}]}).json()
    used = api.delete("pool/" + pool["uuid"])
    report("an object in use is not deleted", used.status_code == 403 and "PoolGroup sdk-group" in used.text, used.text)
    report("delete answers 204", api.delete("poolgroup/" + group["uuid"]).status_code == 204)
    report("delete by name", api.delete_by_name("pool", "sdk-pool").status_code == 204)
    try:
        api.delete_by_name("pool", "sdk-pool")
        report("what is gone is not found", False)
    except ObjectNotFound:
        report("what is gone is not found", True)


def expiry(api):
    requests.delete(URL + "/simulator/sessions", auth=(USERNAME, PASSWORD), timeout=10).raise_for_status()
    report("an expired session is renewed on a read", api.get("pool").status_code == 200)
    requests.delete(URL + "/simulator/sessions", auth=(USERNAME, PASSWORD), timeout=10).raise_for_status()
    renewed = api.post("stringgroup", data={"name": "sdk-renewed", "type": "SG_TYPE_STRING"})
    report("and on a write", renewed.status_code == 201, renewed.text[:200])


def tenants(api):
    api.post("tenant", data={"name": "sdk-tenant", "local": True})
    other = connect("sdk-tenant")
    created = other.post("pool", data={"name": "sdk-forced"})
    report("a name may occur once a tenant", created.status_code == 201, created.text[:200])
    report("a tenant sees its own objects", other.get("pool").json()["count"] == 1)
    report("all tenants", api.get("pool", tenant="*", params={"name": "sdk-forced"}).json()["count"] == 2)


def macro(api):
    body = {
        "model_name": "VirtualService",
        "data": {
            "name": "sdk-vs",
            "services": [{"port": 80}],
            "vsvip_ref_data": {"name": "sdk-vip", "vip": [{"vip_id": "1", "auto_allocate_ip": True}]},
            "pool_ref_data": {"name": "sdk-macro-pool", "servers": [{"ip": {"addr": "127.0.0.1", "type": "V4"}}]},
        },
    }
    reply = api.post("macro", data=body)
    report("macro creates a graph", reply.status_code == 201, reply.text[:300])
    inventory = api.get("virtualservice-inventory", params={"name": "sdk-vs"}).json()["results"][0]
    report("inventory has a state", inventory["runtime"]["vip_summary"][0]["oper_status"]["state"] == "OPER_UP", inventory["runtime"])
    detail = api.get("pool/%s/runtime/detail" % api.get_object_by_name("pool", "sdk-macro-pool")["uuid"]).json()
    report("runtime detail is a list", detail[0]["oper_status"]["state"] == "OPER_UP", detail)
    gone = api.delete("macro", data={"model_name": "VirtualService", "data": {"uuid": reply.json()["uuid"]}})
    report("macro deletes the graph", gone.status_code == 204 and api.get_object_by_name("vsvip", "sdk-vip") is None, gone.text)


def main():
    api = connect()
    pool = create(api)
    read(api, pool)
    update(api, pool)
    patch(api, pool)
    refusals(api)
    delete(api, pool)
    expiry(api)
    tenants(api)
    macro(api)
    report("logout", api.post("logout").status_code == 200)


if __name__ == "__main__":
    sys.exit(main())

"""IAM's resource types: moto's role knows no update, no boundary change and no detaching; its policies are half there."""

import json

from .registry import Failure, Handler, Made, text

GONE = {"NoSuchEntity", "NoSuchEntityException"}


class Role(Handler):
    """AWS::IAM::Role."""

    kind = "AWS::IAM::Role"
    properties = (
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Policies",
        "RoleName",
        "Tags",
    )
    required = ("AssumeRolePolicyDocument",)
    fixed = ("RoleName", "Path")
    name_property = "RoleName"

    def create(self, c, p):
        """CreateRole, then its policies; what was half made is taken away again."""
        name = p.get("RoleName") or c.name()
        made = c.call(
            "iam",
            "CreateRole",
            RoleName=name,
            AssumeRolePolicyDocument=text(p["AssumeRolePolicyDocument"]),
            Path=p.get("Path"),
            Description=p.get("Description"),
            MaxSessionDuration=int(p["MaxSessionDuration"]) if "MaxSessionDuration" in p else None,
            PermissionsBoundary=p.get("PermissionsBoundary"),
            Tags=[t for t in c.tags(p.get("Tags")) if not t["Key"].startswith("aws:")],
        )["Role"]
        try:
            self._policies(c, name, {}, p)
        except Exception:
            self.delete(c, name, p)
            raise
        return Made(name, {"Arn": made["Arn"], "RoleId": made["RoleId"]})

    def update(self, c, name, old, new):
        """Everything but the name and the path changes in place."""
        c.call("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=text(new["AssumeRolePolicyDocument"]))
        c.call(
            "iam",
            "UpdateRole",
            RoleName=name,
            Description=new.get("Description", ""),
            MaxSessionDuration=int(new.get("MaxSessionDuration", 3600)),
        )
        if new.get("PermissionsBoundary"):
            c.call("iam", "PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=new["PermissionsBoundary"])
        elif old.get("PermissionsBoundary"):
            c.quiet("iam", "DeleteRolePermissionsBoundary", GONE, RoleName=name)
        gone = {t["Key"] for t in old.get("Tags", [])} - {t["Key"] for t in new.get("Tags", [])}
        if gone:
            c.call("iam", "UntagRole", RoleName=name, TagKeys=sorted(gone))
        tags = [t for t in c.tags(new.get("Tags")) if not t["Key"].startswith("aws:")]
        if tags:
            c.call("iam", "TagRole", RoleName=name, Tags=tags)
        self._policies(c, name, old, new)
        role = c.call("iam", "GetRole", RoleName=name)["Role"]
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def _policies(self, c, name, old, new):
        attached, wanted = old.get("ManagedPolicyArns", []), new.get("ManagedPolicyArns", [])
        for arn in [a for a in attached if a not in wanted]:
            c.quiet("iam", "DetachRolePolicy", GONE, RoleName=name, PolicyArn=arn)
        for arn in wanted:
            c.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
        kept = {p["PolicyName"]: p["PolicyDocument"] for p in new.get("Policies", [])}
        for policy in old.get("Policies", []):
            if policy["PolicyName"] not in kept:
                c.quiet("iam", "DeleteRolePolicy", GONE, RoleName=name, PolicyName=policy["PolicyName"])
        for policy, document in kept.items():
            c.call("iam", "PutRolePolicy", RoleName=name, PolicyName=policy, PolicyDocument=text(document))

    def delete(self, c, name, p):
        """Detaches its own policies; one attached by others makes IAM refuse, as in AWS."""
        for arn in p.get("ManagedPolicyArns", []):
            c.quiet("iam", "DetachRolePolicy", GONE, RoleName=name, PolicyArn=arn)
        for policy in p.get("Policies", []):
            c.quiet("iam", "DeleteRolePolicy", GONE, RoleName=name, PolicyName=policy["PolicyName"])
        c.quiet("iam", "DeleteRole", GONE, RoleName=name)


class RolePolicy(Handler):
    """AWS::IAM::RolePolicy."""

    kind = "AWS::IAM::RolePolicy"
    properties = ("PolicyDocument", "PolicyName", "RoleName")
    required = ("PolicyName", "RoleName")
    fixed = ("PolicyName", "RoleName")

    def create(self, c, p):
        """PutRolePolicy."""
        c.call("iam", "PutRolePolicy", RoleName=p["RoleName"], PolicyName=p["PolicyName"], PolicyDocument=text(p["PolicyDocument"]))
        return Made(f"{p['PolicyName']}|{p['RoleName']}")

    def update(self, c, physical_id, old, new):
        """The document."""
        return self.create(c, new)

    def delete(self, c, physical_id, p):
        """DeleteRolePolicy."""
        c.quiet("iam", "DeleteRolePolicy", GONE, RoleName=p["RoleName"], PolicyName=p["PolicyName"])


class Policy(Handler):
    """AWS::IAM::Policy: an inline policy of roles and users."""

    kind = "AWS::IAM::Policy"
    properties = ("PolicyDocument", "PolicyName", "Roles", "Users", "Groups")
    required = ("PolicyDocument", "PolicyName")
    fixed = ("PolicyName",)

    def create(self, c, p):
        """Puts the document on everybody named."""
        if not any(p.get(k) for k in ("Roles", "Users", "Groups")):
            raise Failure("At least one of [Groups,Roles,Users] must be non-empty.")
        self._put(c, p)
        return Made(c.name(), {"Id": p["PolicyName"]})

    def _put(self, c, p):
        document = text(p["PolicyDocument"])
        for name in p.get("Roles", []):
            c.call("iam", "PutRolePolicy", RoleName=name, PolicyName=p["PolicyName"], PolicyDocument=document)
        for name in p.get("Users", []):
            c.call("iam", "PutUserPolicy", UserName=name, PolicyName=p["PolicyName"], PolicyDocument=document)

    def update(self, c, physical_id, old, new):
        """Takes it from those no longer named."""
        self._take(
            c,
            old["PolicyName"],
            set(old.get("Roles", [])) - set(new.get("Roles", [])),
            set(old.get("Users", [])) - set(new.get("Users", [])),
        )
        self._put(c, new)
        return Made(physical_id, {"Id": new["PolicyName"]})

    def _take(self, c, policy, roles, users):
        for name in roles:
            c.quiet("iam", "DeleteRolePolicy", GONE, RoleName=name, PolicyName=policy)
        for name in users:
            c.quiet("iam", "DeleteUserPolicy", GONE, UserName=name, PolicyName=policy)

    def delete(self, c, physical_id, p):
        """Takes it from everybody."""
        self._take(c, p["PolicyName"], p.get("Roles", []), p.get("Users", []))


class ManagedPolicy(Handler):
    """AWS::IAM::ManagedPolicy."""

    kind = "AWS::IAM::ManagedPolicy"
    properties = ("Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users", "Groups")
    required = ("PolicyDocument",)
    fixed = ("Description", "ManagedPolicyName", "Path")
    name_property = "ManagedPolicyName"

    def create(self, c, p):
        """CreatePolicy, then attaches it."""
        name = p.get("ManagedPolicyName") or c.name(128)
        arn = c.call(
            "iam",
            "CreatePolicy",
            PolicyName=name,
            Path=p.get("Path"),
            Description=p.get("Description"),
            PolicyDocument=text(p["PolicyDocument"]),
        )["Policy"]["Arn"]
        self._attach(c, arn, {}, p)
        return Made(arn, {"PolicyArn": arn})

    def _attach(self, c, arn, old, new):
        for key, kind in (("Roles", "Role"), ("Users", "User")):
            for name in set(old.get(key, [])) - set(new.get(key, [])):
                c.quiet("iam", f"Detach{kind}Policy", GONE, **{f"{kind}Name": name, "PolicyArn": arn})
            for name in new.get(key, []):
                c.call("iam", f"Attach{kind}Policy", **{f"{kind}Name": name, "PolicyArn": arn})

    def update(self, c, arn, old, new):
        """A new default version; the oldest gives way to it."""
        if old["PolicyDocument"] != new["PolicyDocument"]:
            versions = c.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
            spare = [v["VersionId"] for v in versions if not v["IsDefaultVersion"]]
            if len(versions) >= 5:
                c.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=min(spare, key=lambda v: int(v[1:])))
            c.call("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=text(new["PolicyDocument"]), SetAsDefault=True)
        self._attach(c, arn, old, new)
        return Made(arn, {"PolicyArn": arn})

    def delete(self, c, arn, p):
        """Detaches and deletes it with its versions."""
        self._attach(c, arn, p, {})
        for version in (c.quiet("iam", "ListPolicyVersions", GONE, PolicyArn=arn) or {"Versions": []})["Versions"]:
            if not version["IsDefaultVersion"]:
                c.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])
        c.quiet("iam", "DeletePolicy", GONE, PolicyArn=arn)


class User(Handler):
    """AWS::IAM::User, for templates of tests."""

    kind = "AWS::IAM::User"
    properties = ("UserName", "Path", "ManagedPolicyArns", "Policies", "PermissionsBoundary", "Tags")
    fixed = ("UserName", "Path")
    name_property = "UserName"

    def create(self, c, p):
        """CreateUser and its policies."""
        name = p.get("UserName") or c.name()
        arn = c.call("iam", "CreateUser", UserName=name, Path=p.get("Path"))["User"]["Arn"]
        return self.update(c, name, {}, p, arn)

    def update(self, c, name, old, new, arn=""):
        """Its policies."""
        for policy in new.get("ManagedPolicyArns", []):
            c.call("iam", "AttachUserPolicy", UserName=name, PolicyArn=policy)
        for policy in new.get("Policies", []):
            c.call(
                "iam", "PutUserPolicy", UserName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"])
            )
        return Made(name, {"Arn": arn or c.call("iam", "GetUser", UserName=name)["User"]["Arn"]})

    def delete(self, c, name, p):
        """Its policies, then itself."""
        for policy in p.get("ManagedPolicyArns", []):
            c.quiet("iam", "DetachUserPolicy", GONE, UserName=name, PolicyArn=policy)
        for policy in p.get("Policies", []):
            c.quiet("iam", "DeleteUserPolicy", GONE, UserName=name, PolicyName=policy["PolicyName"])
        c.quiet("iam", "DeleteUser", GONE, UserName=name)

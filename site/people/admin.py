"""The User and Group that django-filer's forms look up. Read-only: accounts are kept under
/admin/osoby/, through deeds."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from people.models import User


class ReadOnlyAdmin(admin.ModelAdmin):
    """Answers filer's look-ups for those who may see files; nothing can be written."""

    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_staff and request.user.has_module_perms("filer")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    search_fields = ("email", "last_name", "first_name")
    list_display = ("email", "last_name", "first_name")
    fields = ("email", "last_name", "first_name", "post")
    ordering = ("email",)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    search_fields = ("name",)
    fields = ("name",)
    ordering = ("name",)

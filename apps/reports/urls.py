from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("", views.report_index, name="index"),
    path("mails/", views.mail_list, name="mails"),
    path("mails/<int:pk>/end/", views.mail_end, name="mail_end"),
    path("stop/<str:token>/", views.mail_stop, name="stop"),
    path("worth/", views.worth_list, name="worths"),
    path("worth/<int:pk>/", views.worth_edit, name="worth"),
    path("<slug:key>/", views.report, name="report"),
    path("<slug:key>/export.csv", views.report_csv, name="csv"),
    path("<slug:key>/export.xlsx", views.report_xlsx, name="xlsx"),
    path("<slug:key>/mail/", views.mail_order, name="order"),
]

# SPDX-License-Identifier: Apache-2.0

import django.core.validators
from django.db import migrations, models
import django.db.models.deletion
import django.utils.timezone
import gallery.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Album',
            fields=[
                ('id',
                 models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                     verbose_name='ID')),
                ('title', models.CharField(max_length=80, unique=True)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('description', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['title'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id',
                 models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                     verbose_name='ID')),
                ('name', models.SlugField(max_length=40, unique=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Photo',
            fields=[
                ('id',
                 models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                     verbose_name='ID')),
                ('title', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, max_length=2000)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('taken', models.DateField(blank=True, null=True)),
                ('uploaded',
                 models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('file', models.FileField(upload_to=gallery.models.filePath,
                    validators=[django.core.validators.FileExtensionValidator(['jpg', 'jpeg', 'png',
                                                                               'gif', 'webp'])])),
                ('album',
                 models.ForeignKey(on_delete=django.db.models.deletion.CASCADE,
                                   related_name='photos', to='gallery.album')),
                ('tags',
                 models.ManyToManyField(blank=True, related_name='photos', to='gallery.Tag')),
            ],
            options={
                'ordering': ['-uploaded', '-id'],
            },
        ),
    ]

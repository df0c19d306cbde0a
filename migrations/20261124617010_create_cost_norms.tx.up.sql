-- What Plan 151/KH-UBND supports (nội dung hỗ trợ), of each of its 8 activity groups, in the order of the plan. kinds says in
-- which form its wording gives the support.
CREATE TABLE support_contents (
    code           text PRIMARY KEY CHECK (code ~ '^[1-8]\.[1-9]$'),
    activity_group int NOT NULL CHECK (activity_group BETWEEN 1 AND 8),
    name_vi        text NOT NULL CHECK (btrim(name_vi) <> ''),
    name_en        text NOT NULL CHECK (btrim(name_en) <> ''),
    kinds          text[] NOT NULL CHECK (kinds <@ '{grant,part_funding,expert_hire,in_kind,event_cost,facility_use,voucher}' AND kinds <> '{}'),
    source         text NOT NULL CHECK (btrim(source) <> '')
);
INSERT INTO support_contents (code, activity_group, kinds, name_vi, name_en, source)
SELECT code, left(code, 1)::int, kinds::text[], name_vi, name_en, 'Kế hoạch 151/KH-UBND, nội dung ' || place
FROM (VALUES
('1.1', '{grant}', 'Tuyên truyền, phổ biến chính sách và hoạt động khởi nghiệp đổi mới sáng tạo', 'Information on policy and start-up activities', '1, gạch đầu dòng 1'),
('1.2', '{grant}', 'Phóng sự, chuyên mục, chuyên đề về khởi nghiệp đổi mới sáng tạo', 'Reports and features on start-ups in the media', '1, gạch đầu dòng 2'),
('2.1', '{facility_use}', 'Nâng cấp, mở rộng Trung tâm Hỗ trợ khởi nghiệp đổi mới sáng tạo của tỉnh', 'Upgrade of the provincial start-up support centre', '2, gạch đầu dòng 3'),
('2.2', '{facility_use}', 'Không gian sáng tạo mở, phòng thí nghiệm công nghệ, vườn ươm tại trường đại học, cao đẳng', 'Open innovation spaces, labs and incubators at universities and colleges', '2, gạch đầu dòng 4'),
('2.3', '{part_funding}', 'Một phần kinh phí nâng cấp cơ sở vật chất - kỹ thuật của cơ sở ươm tạo, tổ chức thúc đẩy kinh doanh, tổ chức cung cấp thiết bị dùng chung', 'Part of the cost of upgrading incubators, accelerators and shared equipment', '2, gạch đầu dòng 5'),
('2.4', '{grant}', 'Tư vấn thành lập cơ sở ươm tạo doanh nghiệp khoa học công nghệ, ươm tạo công nghệ', 'Advice on founding science and technology incubators', '2, gạch đầu dòng 6'),
('2.5', '{grant}', 'Nâng cao năng lực quản lý, vận hành các tổ chức hỗ trợ khởi nghiệp', 'Capacity of start-up support organisations', '2, gạch đầu dòng 7'),
('3.1', '{event_cost}', 'Đào tạo, bồi dưỡng kỹ năng khởi nghiệp', 'Training in start-up skills', '3.1'),
('3.2', '{expert_hire}', 'Phát triển đội ngũ cố vấn, huấn luyện viên', 'Mentors and coaches', '3.2'),
('3.3', '{event_cost}', 'Phát triển kỹ năng đổi mới sáng tạo trong trường học', 'Innovation skills in schools', '3.3'),
('3.4', '{event_cost}', 'Tập huấn cho cán bộ quản lý nhà nước và hiệp hội', 'Training of officials and associations', '3.4'),
('3.5', '{event_cost,expert_hire}', 'Học tập quốc tế và kết nối chuyên gia', 'Learning abroad and ties with experts', '3.5'),
('4.1', '{grant}', 'Tuyển chọn, triển khai ươm tạo các ý tưởng khởi nghiệp hằng năm', 'Yearly selection and incubation of ideas', '4, gạch đầu dòng 1'),
('4.2', '{event_cost}', 'Tổ chức các cuộc thi về khởi nghiệp đổi mới sáng tạo hằng năm', 'Yearly start-up contests', '4, gạch đầu dòng 2'),
('4.3', '{grant}', 'Tiếp nhận, chuyển giao và vận hành chương trình ươm tạo có cấu trúc theo quy trình quốc tế', 'Transfer and running of structured incubation by an international process', '4, gạch đầu dòng 3'),
('4.4', '{grant}', 'Triển khai hoạt động ươm tạo doanh nghiệp có cấu trúc theo quy trình quốc tế', 'Structured incubation of firms by an international process', '4, gạch đầu dòng 4'),
('4.5', '{in_kind,facility_use}', 'Thông tin, xúc tiến thương mại, thương mại hóa; sử dụng cơ sở kỹ thuật, cơ sở ươm tạo, khu làm việc chung', 'Information, trade promotion; use of facilities, incubators and co-working', '4, gạch đầu dòng 5'),
('4.6', '{expert_hire}', 'Thuê chuyên gia huấn luyện kỹ năng chuyên sâu, tư vấn phát triển ý tưởng thành sản phẩm', 'Experts who train and advise from idea to product', '4, gạch đầu dòng 6'),
('4.7', '{expert_hire}', 'Thuê chuyên gia đào tạo giảng viên nguồn (ToT), huấn luyện viên, chuyên gia cố vấn', 'Experts who train trainers, coaches and mentors', '4, gạch đầu dòng 7'),
('5.1', '{grant,in_kind}', 'Tuyển chọn, huấn luyện, đào tạo, tư vấn để doanh nghiệp khởi nghiệp phát triển tăng tốc', 'Selection, training and advice for acceleration', '5, gạch đầu dòng 1'),
('5.2', '{grant}', 'Đưa dự án có tiềm năng tham gia nhiệm vụ khoa học và phát triển công nghệ của tỉnh', 'Promising projects in science and technology tasks of the province', '5, gạch đầu dòng 2'),
('5.3', '{grant}', 'Tiếp cận đưa sản phẩm ra thị trường', 'Bringing products to market', '5, gạch đầu dòng 3'),
('5.4', '{in_kind}', 'Hướng tới mua, bán, sáp nhập, chào bán chứng khoán ra công chúng', 'Towards mergers, acquisitions and public offering', '5, gạch đầu dòng 4'),
('6.1', '{event_cost}', 'Tổ chức ngày hội Khởi nghiệp đổi mới sáng tạo (Techfest Bắc Ninh)', 'Techfest Bắc Ninh', '6, gạch đầu dòng 1'),
('6.2', '{part_funding}', 'Một phần kinh phí tham gia hội nghị, hội thảo, hội chợ triển lãm, ngày hội, cuộc thi trong và ngoài nước', 'Part of the cost of conferences, fairs and contests at home and abroad', '6, gạch đầu dòng 2'),
('6.3', '{in_kind}', 'Doanh nghiệp sau khởi nghiệp tham gia các chương trình, dự án hỗ trợ của tỉnh', 'Grown start-ups in support programmes of the province', '6, gạch đầu dòng 3'),
('6.4', '{in_kind}', 'Tham gia tọa đàm, đối thoại, sự kiện, chương trình kết nối, xúc tiến đầu tư', 'Dialogues, events, matching and investment promotion', '6, gạch đầu dòng 4'),
('6.5', '{event_cost}', 'Tổ chức sự kiện, hội thảo, tọa đàm, kết nối, tập huấn về khởi nghiệp', 'Events, workshops and matching on start-ups', '6, gạch đầu dòng 5'),
('7.1', '{part_funding}', 'Một phần kinh phí tiếp nhận chuyển giao và vận hành chương trình ươm tạo theo quy trình quốc tế', 'Part of the cost of transferred international incubation', '7, gạch đầu dòng 1'),
('7.2', '{in_kind}', 'Kết nối, trao đổi, hợp tác với hệ sinh thái khởi nghiệp của các nước phát triển', 'Exchange with ecosystems of developed countries', '7, gạch đầu dòng 2'),
('7.3', '{in_kind}', 'Kết nối mạng lưới, mở rộng quan hệ hợp tác với nước ngoài', 'Networks and cooperation abroad', '7, gạch đầu dòng 3'),
('7.4', '{in_kind}', 'Kết nối, giao lưu, học tập kinh nghiệm xây dựng hệ sinh thái của các nước phát triển', 'Learning from ecosystems of developed countries', '7, gạch đầu dòng 4'),
('7.5', '{in_kind}', 'Kết nối nhà đầu tư thiên thần, quỹ đầu tư mạo hiểm, tổ chức hỗ trợ khởi nghiệp', 'Ties with angels, venture funds and support organisations', '7, gạch đầu dòng 5'),
('8.1', '{event_cost}', 'Xây dựng văn hóa khởi nghiệp, tinh thần doanh nhân tại các trường đại học', 'Start-up culture at universities', '8, gạch đầu dòng 1'),
('8.2', '{event_cost}', 'Chương trình huấn luyện, bồi dưỡng kiến thức chuyên sâu về khởi nghiệp', 'Advanced training on start-ups', '8, gạch đầu dòng 2'),
('8.3', '{event_cost}', 'Khóa đào tạo tư duy đổi mới sáng tạo, nghiên cứu khoa học, tinh thần doanh nhân', 'Courses in innovative thinking, research and entrepreneurship', '8, gạch đầu dòng 3')
) x (code, kinds, name_vi, name_en, place);

-- Cost norms (định mức hỗ trợ): what the grant may pay for one content. Proposed by one person, decided by another, and
-- never changed after; another norm takes its place from its own first day. The checks repeat call.Norm on purpose.
CREATE TABLE cost_norms (
    id               uuid PRIMARY KEY,
    content          text NOT NULL REFERENCES support_contents (code),
    kind             text NOT NULL CHECK (kind IN ('grant', 'part_funding', 'expert_hire', 'in_kind', 'event_cost', 'facility_use', 'voucher')),
    unit_vi          text NOT NULL,
    unit_en          text NOT NULL,
    cap_unit         numeric(18,0) CHECK (cap_unit > 0), -- whole đồng of the grant for one unit
    cap_year         numeric(18,0) CHECK (cap_year > 0), -- whole đồng for one beneficiary and year
    beneficiaries    int NOT NULL CHECK (beneficiaries BETWEEN 1 AND 10000), -- most that one dossier may count
    max_share        numeric(5,2) CHECK (max_share > 0 AND max_share <= 100), -- percent of a line that the grant may pay
    source           text NOT NULL CHECK (btrim(source) <> ''),
    verified         boolean NOT NULL, -- the value was read in its instrument
    valid_from       date NOT NULL,
    valid_to         date CHECK (valid_to >= valid_from), -- included; open without
    status           text NOT NULL CHECK (status IN ('proposed', 'approved', 'refused')),
    managing_unit_id uuid NOT NULL REFERENCES units (id),
    proposed_by      uuid NOT NULL REFERENCES users (id),
    proposed_at      timestamptz NOT NULL,
    decided_by       uuid REFERENCES users (id) CHECK (decided_by <> proposed_by),
    decided_at       timestamptz,
    remark           text NOT NULL DEFAULT '',
    CHECK (cap_unit IS NOT NULL OR cap_year IS NOT NULL OR max_share IS NOT NULL),
    CHECK (kind <> 'part_funding' OR max_share IS NOT NULL),
    CHECK (cap_unit IS NULL OR btrim(unit_vi) <> '' AND btrim(unit_en) <> ''),
    CHECK ((status = 'proposed') = (decided_by IS NULL AND decided_at IS NULL)),
    CHECK (status <> 'refused' OR btrim(remark) <> '')
);
CREATE INDEX cost_norms_by_content ON cost_norms (content, valid_from DESC);

CREATE FUNCTION cost_norm_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status <> 'proposed' THEN
        RAISE EXCEPTION 'norm % is never changed once decided', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cost_norms_frozen BEFORE UPDATE OR DELETE ON cost_norms FOR EACH ROW EXECUTE FUNCTION cost_norm_frozen();

-- What a call offers, and the norms it is bound to from its approval on.
ALTER TABLE calls ADD COLUMN contents text[] NOT NULL DEFAULT '{}';
CREATE TABLE call_norms (
    call_id uuid NOT NULL REFERENCES calls (id),
    norm_id uuid NOT NULL REFERENCES cost_norms (id),
    PRIMARY KEY (call_id, norm_id)
);
CREATE FUNCTION call_norm_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' OR (SELECT status FROM calls WHERE id = NEW.call_id) <> 'draft' THEN
        RAISE EXCEPTION 'the norms of a call are bound at its approval and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_norms_frozen BEFORE INSERT OR UPDATE OR DELETE ON call_norms FOR EACH ROW EXECUTE FUNCTION call_norm_frozen();

-- A cost line may say which content it is for and how many units; the sources of one item share both.
ALTER TABLE proposal_costs
    ADD COLUMN content text REFERENCES support_contents (code),
    ADD COLUMN quantity numeric(12,2) NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    ADD CONSTRAINT proposal_costs_quantity CHECK (content IS NOT NULL OR quantity = 0);

SELECT audit.keep('support_contents');
DO $$
DECLARE n bigint;
BEGIN
    n := audit.keep('cost_norms') + audit.keep('call_norms') + audit.keep('calls') + audit.keep('proposal_costs');
    IF n > 0 THEN
        INSERT INTO audit_log (act, role, object_kind, label, state_after, reason, rule_id)
        VALUES ('record.begin', '', 'record', n || ' rows', json_build_object('rows', n), '', '');
    END IF;
END $$;
